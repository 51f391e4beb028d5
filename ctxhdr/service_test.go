package ctxhdr_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/wire"
	"go.uber.org/goleak"
)

// A calls B, which calls C to answer: C must see the context that A sent, and
// nothing else that A sent.
func TestServiceInTheMiddle(t *testing.T) {
	defer goleak.VerifyNone(t)
	for _, forwards := range []bool{true, false} {
		t.Run(map[bool]string{true: "forwards", false: "does not forward"}[forwards], func(t *testing.T) {
			seen := make(chan http.Header, 1)
			c := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				seen <- r.Header
				io.WriteString(w, "world")
			}))
			defer c.Close()

			base := &http.Transport{}
			defer base.CloseIdleConnections()
			client := &http.Client{Transport: ctxhdr.Transport(base)}
			app := http.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				out, err := http.NewRequestWithContext(r.Context(), "GET", c.URL, nil)
				if err != nil {
					t.Error(err)
					return
				}
				resp, err := client.Do(out)
				if err != nil {
					t.Error(err)
					return
				}
				defer resp.Body.Close()
				io.Copy(w, resp.Body)
				if len(out.Header) != 0 {
					t.Errorf("the request that the app made was changed: %v", out.Header)
				}
			}))
			if forwards {
				app = ctxhdr.Middleware(app)
			}
			b := httptest.NewServer(app)
			defer b.Close()

			r, err := http.NewRequestWithContext(t.Context(), "GET", b.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			id := ctxhdr.TraceID{Span: 3, Parent: 2, Trace: 1, Flags: ctxhdr.FlagSampled | ctxhdr.FlagSamplingKnown}
			r.Header.Set(ctxhdr.TraceName, id.String())
			r.Header["L5d-Ctx-Dtab"] = []string{"/a=>/b", "/c=>/d"}
			r.Header.Set("l5d-ctx-thing", "yoooooo")
			r.Header.Set("l5d-reqid", id.ReqID())
			r.Header.Set("l5d-sample", "1.0")
			r.Header.Set("X-Mine", "1")
			wire.LowerNames(r.Header)
			resp, err := (&http.Client{Transport: base}).Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "world" {
				t.Fatalf("answer %q, %v", body, err)
			}

			got := <-seen
			for _, k := range []string{"User-Agent", "Accept-Encoding"} {
				got.Del(k)
			}
			want := http.Header{}
			if forwards {
				want = http.Header{
					"L5d-Ctx-Trace": {id.String()},
					"L5d-Ctx-Dtab":  {"/a=>/b", "/c=>/d"},
					"L5d-Ctx-Thing": {"yoooooo"},
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("C saw (-want +got):\n%s", diff)
			}
		})
	}
}

// Two requests at once must not see each other's context.
func TestServiceKeepsRequestsApart(t *testing.T) {
	echo := roundTripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: r.Header, Body: http.NoBody, Request: r}, nil
	})
	client := &http.Client{Transport: ctxhdr.Transport(echo)}
	app := ctxhdr.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out, _ := http.NewRequestWithContext(r.Context(), "GET", "http://world/", nil)
		resp, err := client.Do(out)
		if err != nil {
			t.Error(err)
			return
		}
		resp.Body.Close()
		io.WriteString(w, resp.Header.Get("l5d-ctx-thing"))
	}))
	for _, thing := range []string{"one", "two", "three", "four"} {
		t.Run(thing, func(t *testing.T) {
			t.Parallel()
			for range 50 {
				r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
				r.Header.Set("l5d-ctx-thing", thing)
				w := httptest.NewRecorder()
				app.ServeHTTP(w, r)
				if got := w.Body.String(); got != thing {
					t.Fatalf("got %q, want %q", got, thing)
				}
			}
		})
	}
}
