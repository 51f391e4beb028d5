package k8s_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/resolve/k8s"
)

// answering is a server that answers every request alike.
type answering struct {
	status int
	text   string

	method, path, body string // of the last request
}

func (a *answering) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	a.method, a.path, a.body = r.Method, r.URL.Path, string(body)
	return &http.Response{StatusCode: a.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(a.text)), Request: r}, nil
}

func TestAllowed(t *testing.T) {
	for _, row := range []struct {
		name   string
		server answering
		want   bool
		wrong  string
	}{
		{"yes", answering{status: 201, text: `{"kind":"SelfSubjectAccessReview","status":{"allowed":true}}`}, true, ""},
		{"no", answering{status: 201, text: `{"kind":"SelfSubjectAccessReview","status":{"allowed":false,"denied":true}}`}, false, ""},
		{"refused", answering{status: 403, text: `{"kind":"Status","message":"not you","reason":"Forbidden","code":403}`}, false, "403 not you"},
		{"something else", answering{status: 200, text: `{"kind":"Pod"}`}, false, `"Pod"`},
		{"no JSON", answering{status: 200, text: `<html>`}, false, "the response is not one of an API server"},
	} {
		t.Run(row.name, func(t *testing.T) {
			client, err := k8s.NewClient(k8s.ClientConfig{Transport: &row.server})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			got, err := client.Allowed(t.Context(), "watch", "discovery.k8s.io", "endpointslices", "web")
			if got != row.want || (err == nil) != (row.wrong == "") || err != nil && !strings.Contains(err.Error(), row.wrong) {
				t.Errorf("%v, %v", got, err)
			}
			var asked struct {
				APIVersion, Kind string
				Spec             struct{ ResourceAttributes map[string]string }
			}
			if err := json.Unmarshal([]byte(row.server.body), &asked); err != nil {
				t.Fatal(err)
			}
			if row.server.method != "POST" || row.server.path != "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews" ||
				asked.APIVersion != "authorization.k8s.io/v1" || asked.Kind != "SelfSubjectAccessReview" ||
				fmt.Sprint(asked.Spec.ResourceAttributes) != "map[group:discovery.k8s.io namespace:web resource:endpointslices verb:watch]" {
				t.Errorf("asked %s %s %s", row.server.method, row.server.path, row.server.body)
			}
		})
	}
}

func TestServerVersion(t *testing.T) {
	for _, row := range []struct{ text, want, wrong string }{
		{`{"gitVersion":"v1.34.4"}`, "v1.34.4", ""},
		{`{}`, "", "no gitVersion"},
	} {
		client, err := k8s.NewClient(k8s.ClientConfig{Transport: &answering{status: 200, text: row.text}})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		got, err := client.ServerVersion(t.Context())
		if got != row.want || (err == nil) != (row.wrong == "") || err != nil && !strings.Contains(err.Error(), row.wrong) {
			t.Errorf("%q: %q, %v", row.text, got, err)
		}
	}
}

// A program may ask what it may do before it needs to.
func ExampleClient_Allowed() {
	server := &answering{status: 201, text: `{"kind":"SelfSubjectAccessReview","status":{"allowed":true}}`} // in place of the network
	client, err := k8s.NewClient(k8s.ClientConfig{Transport: server})
	if err != nil {
		panic(err)
	}
	defer client.Close()
	fmt.Println(client.Allowed(context.Background(), "watch", "discovery.k8s.io", "endpointslices", ""))
	// Output: true <nil>
}
