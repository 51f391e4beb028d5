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
	// maxQuestion bounds the body of a POST, in bytes: the longest dtab that
	// resolve takes, and as much again for JSON.
	maxQuestion = 2 << 20
	// maxSaid bounds what is said of a request that is refused, in bytes,
	// for it quotes the request.
	maxSaid = 4 << 10
)

// question is what is asked of the delegator. Without a namespace it is asked
// of no router in particular.
type question struct {
	namespace  *string
	dtab, path string
}

// refusal is a status and why.
type refusal struct {
	status int
	text   string
}

func refuse(status int, text string) *refusal { return &refusal{status, brief(text)} }

// brief cuts a text to what is worth saying.
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
	if !slices.Equal(r.Header["Content-Type"], []string{"application/json"}) {
		return question{}, refuse(http.StatusUnsupportedMediaType, "")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxQuestion))
	if err != nil {
		if long := (*http.MaxBytesError)(nil); errors.As(err, &long) {
			return question{}, refuse(http.StatusRequestEntityTooLarge, "")
		}
		return question{}, refuse(http.StatusBadRequest, "Malformed delegation request: "+err.Error())
	}
	var posted struct{ Namespace, Dtab, Path *string }
	if err := json.Unmarshal(body, &posted); err != nil || posted.Dtab == nil || posted.Path == nil {
		return question{}, refuse(http.StatusBadRequest, "Malformed delegation request: "+string(body))
	}
	return question{posted.Namespace, *posted.Dtab, *posted.Path}, nil
}
