package admin

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
)

const (
	// maxQuestion bounds the body of a POST, in bytes: the longest dtab that package
	// resolve accepts, and as much again for JSON.
	maxQuestion = 2 << 20
	// maxSaid bounds the text of a refusal, in bytes, because it quotes the request.
	maxSaid = 4 << 10
)

// question is a request to the delegator. An empty namespace stands for no router in
// particular.
type question struct {
	namespace  *string
	dtab, path string
}

// refusal is an error with the status of its response.
type refusal struct {
	status int
	text   string
}

func refuse(status int, text string) *refusal { return &refusal{status, brief(text)} }

// brief cuts a text to maxSaid bytes.
func brief(text string) string {
	if len(text) > maxSaid {
		text = strings.ToValidUTF8(text[:maxSaid], "") + "..."
	}
	return text
}

// questionOf reads the query of a GET or the body of a POST.
func questionOf(w http.ResponseWriter, r *http.Request) (question, *refusal) {
	if r.Method == http.MethodPost {
		return postedQuestion(w, r)
	}
	query := r.URL.Query()
	q := question{dtab: query.Get("dtab"), path: query.Get("path")}
	if query.Has("namespace") {
		namespace := query.Get("namespace")
		q.namespace = &namespace
	}
	return q, nil
}

func postedQuestion(w http.ResponseWriter, r *http.Request) (question, *refusal) {
	const malformed = "Malformed delegation request: "
	body, refusal := posted(w, r, malformed)
	if refusal != nil {
		return question{}, refusal
	}
	var q struct{ Namespace, Dtab, Path *string }
	if err := json.Unmarshal(body, &q); err != nil || q.Dtab == nil || q.Path == nil {
		return question{}, refuse(http.StatusBadRequest, malformed+string(body))
	}
	return question{q.Namespace, *q.Dtab, *q.Path}, nil
}

// posted returns the body of a POST of JSON.
func posted(w http.ResponseWriter, r *http.Request, malformed string) ([]byte, *refusal) {
	if !slices.Equal(r.Header["Content-Type"], []string{"application/json"}) {
		return nil, refuse(http.StatusUnsupportedMediaType, "")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxQuestion))
	if err != nil {
		if long := (*http.MaxBytesError)(nil); errors.As(err, &long) {
			return nil, refuse(http.StatusRequestEntityTooLarge, "")
		}
		return nil, refuse(http.StatusBadRequest, malformed+err.Error())
	}
	return body, nil
}
