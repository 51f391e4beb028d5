package router_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/meshhop/meshhop/router"
)

// TestTrailersOfEachAttempt: each attempt has the request's trailers once it has read the
// body to its end, also one whose body comes from what an earlier attempt read.
func TestTrailersOfEachAttempt(t *testing.T) {
	var got []string
	f := start(t, over(func(r *http.Request) (*http.Response, error) {
		before := r.Trailer.Get("Sum")
		body, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil {
			t.Error(err)
		}
		got = append(got, before+"|"+string(body)+"|"+r.Trailer.Get("Sum"))
		return answer(503, ""), nil
	}), policy(router.ServicePolicy{Classifier: router.RetryableAll5XX(), MaxRetries: 2}))
	f.names.Bind("/web", "10.0.0.1:80")
	r := request(t, "web")
	trailer := http.Header{"Sum": nil}
	r.Method, r.ContentLength, r.Trailer = "POST", -1, trailer
	r.Body = io.NopCloser(&ending{Reader: strings.NewReader("body"), end: func() { trailer.Set("Sum", "42") }})
	f.mustAsk(t, r)
	if want := "|body|42 |body|42 |body|42"; strings.Join(got, " ") != want {
		t.Errorf("the attempts had %q, want %s", got, want)
	}
}

// ending is a body that does something at its end, as that of a chunked request sets the
// trailers.
type ending struct {
	io.Reader
	end func()
}

func (e *ending) Read(p []byte) (int, error) {
	n, err := e.Reader.Read(p)
	if err == io.EOF {
		e.end()
	}
	return n, err
}

// TestNoRetryOfABrokenBody: a body that broke off is not sent again, although what came
// of it is kept.
func TestNoRetryOfABrokenBody(t *testing.T) {
	sent := 0
	f := start(t, over(func(r *http.Request) (*http.Response, error) {
		sent++
		_, _ = io.Copy(io.Discard, r.Body)
		r.Body.Close()
		return answer(503, ""), nil
	}), policy(router.ServicePolicy{Classifier: router.RetryableAll5XX()}))
	f.names.Bind("/web", "10.0.0.1:80")
	r := request(t, "web")
	r.Method, r.ContentLength = "POST", 100
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader("the first half"), iotest.ErrReader(errors.New("broken"))))
	f.mustAsk(t, r)
	if s := f.ServiceStats()[0].Retries; sent != 1 || s.Total != 0 || s.NotReplayable != 1 {
		t.Errorf("sent %d times: %+v", sent, s)
	}
}
