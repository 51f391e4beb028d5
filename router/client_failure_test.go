package router_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/resolve"
)

// TestLastFailure: a client says why an attempt at an endpoint failed last, and when; of
// failures that follow each other closely it tells the first.
func TestLastFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, over(func(r *http.Request) (*http.Response, error) {
			switch resp := answer(200, ""); r.URL.Path {
			case "/status":
				return answer(503, ""), nil
			case "/error":
				return nil, errors.New("it broke")
			case "/body":
				resp.Body, resp.ContentLength = io.NopCloser(io.MultiReader(strings.NewReader("x"), iotest.ErrReader(errors.New("cut")))), 5
				return resp, nil
			default:
				return resp, nil
			}
		}))
		defer f.Close()
		f.names.Bind("/web", "10.0.0.1:80")
		ask := func(path, want string, at time.Time) {
			t.Helper()
			r := request(t, "web")
			r.URL.Path = path
			if resp, err := f.RoundTrip(r); err == nil {
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
			s, _ := f.View().ClientState(resolve.MustPath("/#/fake/web"))
			if len(s.Endpoints) != 1 {
				t.Fatalf("%+v", s)
			}
			if e := s.Endpoints[0]; !strings.Contains(e.LastFailure, want) || want == "" && e.LastFailure != "" || !e.Failed.Equal(at) {
				t.Errorf("after %s it failed at %v, %q; want %v, %q", path, e.Failed, e.LastFailure, at, want)
			}
		}
		ask("/", "", time.Time{})
		at := time.Now()
		ask("/status", "status 503", at)
		time.Sleep(99 * time.Millisecond)
		ask("/error", "status 503", at)
		time.Sleep(time.Millisecond)
		ask("/error", "it broke", time.Now())
		time.Sleep(time.Second)
		ask("/body", "cut", time.Now())
		at = time.Now()
		time.Sleep(time.Second)
		ask("/", "cut", at)
	})
}
