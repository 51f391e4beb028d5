package ctxhdr_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/meshhop/meshhop/ctxhdr"
)

func TestForward(t *testing.T) {
	for _, tt := range []struct {
		vector, what   string
		dst, src, want http.Header
	}{
		{vector: "29", what: "only the context headers",
			src:  http.Header{"L5d-Ctx-Trace": {"1"}, "L5d-Ctx-Thing": {"yoooooo"}, "L5d-Dtab": {"2"}, "L5d-Reqid": {"3"}, "Cookie": {"4"}},
			want: http.Header{"L5d-Ctx-Trace": {"1"}, "L5d-Ctx-Thing": {"yoooooo"}}},
		{what: "all values", src: http.Header{"L5d-Ctx-Dtab": {"1", "2"}}, want: http.Header{"L5d-Ctx-Dtab": {"1", "2"}}},
		{what: "lower-case keys", src: http.Header{"l5d-ctx-dtab": {"1"}, "l5d-ctx-thing": {"2"}},
			want: http.Header{"L5d-Ctx-Dtab": {"1"}, "L5d-Ctx-Thing": {"2"}}},
		{what: "both keys", src: http.Header{"L5d-Ctx-Dtab": {"1"}, "l5d-ctx-dtab": {"2"}}, want: http.Header{"L5d-Ctx-Dtab": {"1", "2"}}},
		{what: "replaces", dst: http.Header{"L5d-Ctx-Dtab": {"old"}, "l5d-ctx-dtab": {"old"}, "L5d-Ctx-Kept": {"k"}, "Accept": {"*/*"}},
			src:  http.Header{"L5d-Ctx-Dtab": {"1"}},
			want: http.Header{"L5d-Ctx-Dtab": {"1"}, "L5d-Ctx-Kept": {"k"}, "Accept": {"*/*"}}},
		{what: "no values", dst: http.Header{"L5d-Ctx-Dtab": {"old"}}, src: http.Header{"L5d-Ctx-Dtab": {}}, want: http.Header{"L5d-Ctx-Dtab": {"old"}}},
		{what: "nil source", want: http.Header{}},
	} {
		t.Run(name(tt.vector, tt.what), func(t *testing.T) {
			for range 20 { // maps have no order
				dst := tt.dst.Clone()
				if dst == nil {
					dst = http.Header{}
				}
				ctxhdr.Forward(dst, tt.src)
				if diff := cmp.Diff(tt.want, dst); diff != "" {
					t.Fatalf("(-want +got):\n%s", diff)
				}
			}
		})
	}
	t.Run("the copy is deep", func(t *testing.T) {
		src, dst := http.Header{"L5d-Ctx-Dtab": {"1"}}, http.Header{}
		ctxhdr.Forward(dst, src)
		dst["L5d-Ctx-Dtab"][0] = "2"
		if src["L5d-Ctx-Dtab"][0] != "1" {
			t.Error("Forward shares values between the headers")
		}
	})
}

func TestContext(t *testing.T) {
	h := http.Header{"L5d-Ctx-Trace": {"1"}, "Accept": {"*/*"}}
	ctx := ctxhdr.NewContext(t.Context(), h)
	h["L5d-Ctx-Trace"][0] = "changed by the caller"
	ctxhdr.FromContext(ctx).Set("L5d-Ctx-Trace", "changed by a reader")
	if diff := cmp.Diff(http.Header{"L5d-Ctx-Trace": {"1"}}, ctxhdr.FromContext(ctx)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := ctxhdr.FromContext(t.Context()); got != nil {
		t.Errorf("FromContext of a bare context = %v, want nil", got)
	}
	if got := ctxhdr.NewContext(ctx, http.Header{"Accept": {"*/*"}, "L5d-Ctx-Empty": nil}); got != ctx {
		t.Error("NewContext made a context without having anything to remember")
	}
	inner := ctxhdr.NewContext(ctx, http.Header{"L5d-Ctx-Dtab": {"2"}})
	if diff := cmp.Diff(http.Header{"L5d-Ctx-Dtab": {"2"}}, ctxhdr.FromContext(inner)); diff != "" {
		t.Errorf("a second NewContext replaces the first (-want +got):\n%s", diff)
	}
}

// odd is a context whose values cannot be compared.
type odd struct {
	context.Context
	_ []int
}

func TestMiddleware(t *testing.T) {
	for _, tt := range []struct {
		what     string
		in, want http.Header
	}{
		{"context headers", http.Header{"L5d-Ctx-Trace": {"1"}, "Accept": {"*/*"}}, http.Header{"L5d-Ctx-Trace": {"1"}}},
		{"none", http.Header{"Accept": {"*/*"}}, nil},
		{"nil header", nil, nil},
	} {
		t.Run(tt.what, func(t *testing.T) {
			called := false
			next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				called = true
				if diff := cmp.Diff(tt.want, ctxhdr.FromContext(r.Context())); diff != "" {
					t.Errorf("remembered (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tt.in, r.Header); diff != "" {
					t.Errorf("the handler's request differs from the server's (-want +got):\n%s", diff)
				}
			})
			r := httptest.NewRequestWithContext(odd{Context: t.Context()}, "GET", "/", nil)
			r.Header = tt.in
			ctxhdr.Middleware(next).ServeHTTP(httptest.NewRecorder(), r)
			if !called {
				t.Error("the handler was not called")
			}
		})
	}
}

// roundTripper is a RoundTripper in a test.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestTransport(t *testing.T) {
	kept := http.Header{"L5d-Ctx-Trace": {"1"}, "L5d-Ctx-Dtab": {"2", "3"}}
	for _, tt := range []struct {
		what           string
		kept, in, want http.Header
	}{
		{"adds", kept, http.Header{"Accept": {"*/*"}}, http.Header{"Accept": {"*/*"}, "L5d-Ctx-Trace": {"1"}, "L5d-Ctx-Dtab": {"2", "3"}}},
		{"leaves what the request has", kept, http.Header{"L5d-Ctx-Dtab": {"mine"}}, http.Header{"L5d-Ctx-Trace": {"1"}, "L5d-Ctx-Dtab": {"mine"}}},
		{"also under a lower-case key", kept, http.Header{"l5d-ctx-dtab": {"mine"}}, http.Header{"L5d-Ctx-Trace": {"1"}, "l5d-ctx-dtab": {"mine"}}},
		{"nil header", kept, nil, kept},
		{"nothing to add", nil, http.Header{"Accept": {"*/*"}}, http.Header{"Accept": {"*/*"}}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			ctx := ctxhdr.NewContext(t.Context(), tt.kept)
			r, err := http.NewRequestWithContext(ctx, "POST", "http://world/", strings.NewReader("body"))
			if err != nil {
				t.Fatal(err)
			}
			r.Header = tt.in.Clone()
			failure := errors.New("no connection")
			_, err = ctxhdr.Transport(roundTripper(func(sent *http.Request) (*http.Response, error) {
				if diff := cmp.Diff(tt.want, sent.Header); diff != "" {
					t.Errorf("sent (-want +got):\n%s", diff)
				}
				if sent.Body != r.Body || sent.Context() != ctx || sent.URL != r.URL || sent.ContentLength != 4 {
					t.Error("the request lost something besides its header")
				}
				// Whoever is next may do to the header what it likes.
				for _, v := range sent.Header {
					v[0] = "scribble"
				}
				return nil, failure
			})).RoundTrip(r)
			if !errors.Is(err, failure) {
				t.Errorf("error %v, want that of the next RoundTripper", err)
			}
			if tt.kept == nil {
				return
			}
			if diff := cmp.Diff(tt.in, r.Header); diff != "" {
				t.Errorf("the caller's request was changed (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.kept, ctxhdr.FromContext(ctx)); diff != "" {
				t.Errorf("what the context remembers was changed (-want +got):\n%s", diff)
			}
		})
	}
}

// closer counts how often a body was closed.
type closer struct {
	io.Reader
	closed int
}

func (c *closer) Close() error { c.closed++; return nil }

func TestTransportClosesTheBodyOnError(t *testing.T) {
	body := &closer{Reader: strings.NewReader("x")}
	ctx := ctxhdr.NewContext(t.Context(), http.Header{"L5d-Ctx-Trace": {"1"}})
	r, err := http.NewRequestWithContext(ctx, "POST", "unknown://world/", body)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := ctxhdr.Transport(nil).RoundTrip(r); err == nil {
		resp.Body.Close()
		t.Fatal("no error for a scheme that nobody speaks")
	}
	if body.closed == 0 {
		t.Error("the body was not closed")
	}
}

// idler is a RoundTripper with connections to close.
type idler struct {
	roundTripper
	closed int
}

func (i *idler) CloseIdleConnections() { i.closed++ }

func TestTransportClosesIdleConnections(t *testing.T) {
	var next idler
	client := http.Client{Transport: ctxhdr.Transport(&next)}
	client.CloseIdleConnections()
	if next.closed != 1 {
		t.Errorf("closed %d times", next.closed)
	}
	client.Transport = ctxhdr.Transport(roundTripper(nil))
	client.CloseIdleConnections() // has none, and does not mind
}
