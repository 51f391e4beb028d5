package h1_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/meshhop/meshhop/internal/h1wire"
	"github.com/meshhop/meshhop/proxy/h1"
)

// lend has the server use the memory of the request again.
func lend(r *http.Request) { h1wire.HeadsOf(r.Context()).Lent = true }

// lendClient sends requests over one connection and reads the responses.
type lendClient struct {
	t testing.TB
	c net.Conn
	r *bufio.Reader
}

func newLendClient(t testing.TB, addr string) *lendClient {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &lendClient{t, c, bufio.NewReader(c)}
}

func (c *lendClient) send(request string) { io.WriteString(c.c, request) }

func (c *lendClient) response() *http.Response {
	c.t.Helper()
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		c.t.Fatal(err)
	}
	return resp
}

// TestLentMemoryIsClean: a request in the memory of another one has nothing of that, and
// neither has its response.
func TestLentMemoryIsClean(t *testing.T) {
	var again int
	var last *http.Request
	addr := start(t, h1.New(h1.Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r == last {
			again++
		}
		last = r
		if len(w.Header()) > 0 {
			t.Errorf("the header of the response has %v", w.Header())
		}
		switch r.URL.Path {
		case "/first":
			w.Header().Set("X-Secret", "of the first")
			w.Header().Set("Trailer", "X-End")
			w.Header().Set("X-End", "secret")
			w.Header().Set("Connection", "X-Secret")
			w.WriteHeader(http.StatusTeapot)
			fmt.Fprint(w, "first")
		case "/second":
			if len(r.Header) != 0 || r.Host != "second" || r.URL.RawQuery != "" || r.Trailer != nil || r.Form != nil || r.ContentLength != 0 ||
				r.Pattern != "" || r.PathValue("x") != "" || r.Context().Err() != nil || len(r.TransferEncoding) > 0 {
				t.Errorf("%+v", r)
			}
			fmt.Fprint(w, "second")
		}
		lend(r)
	})}))
	c := newLendClient(t, addr)
	for range 50 {
		c.send("GET /first?secret=1 HTTP/1.1\r\nHost: first\r\nCookie: secret\r\nx-other: a\r\nX-Other: b\r\nTE: trailers\r\n\r\n")
		if resp := c.response(); resp.StatusCode != http.StatusTeapot || resp.Trailer.Get("X-End") != "secret" {
			t.Fatalf("%v", resp)
		}
		c.send("GET /second HTTP/1.1\r\nHost: second\r\n\r\n")
		resp := c.response()
		delete(resp.Header, "Date")
		if resp.StatusCode != 200 || len(resp.Header) != 2 || len(resp.Trailer) != 0 || resp.Close || resp.ContentLength != 6 {
			t.Fatalf("%+v", resp)
		}
	}
	if again == 0 && !raced {
		t.Error("no memory was used again")
	}
}

// TestMemoryIsNotLent: the memory of these requests never serves another one, although the
// handler lends it: somebody else may have it.
func TestMemoryIsNotLent(t *testing.T) {
	type seen struct {
		r      *http.Request
		w      http.ResponseWriter
		header http.Header
	}
	for _, row := range []struct {
		name, request string
		handle        func(http.ResponseWriter, *http.Request)
		keeps         bool // the handler does not lend
	}{
		{"not lent", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", nil, true},
		{"a body", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", nil, false},
		{"a chunked body", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", nil, false},
		{"somebody waits for the context", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", func(_ http.ResponseWriter, r *http.Request) {
			stop := context.AfterFunc(r.Context(), func() {})
			stop()
		}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			var all []seen // all are alive, so that no two are at one place
			addr := start(t, h1.New(h1.Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				for _, one := range all {
					if one.r == r || one.w == w {
						t.Error("the memory of another request")
					}
				}
				all = append(all, seen{r, w, r.Header})
				if row.handle != nil {
					row.handle(w, r)
				}
				if !row.keeps {
					lend(r)
				}
			})}))
			c := newLendClient(t, addr)
			for range 20 {
				c.send(row.request)
				c.response()
			}
			for i, one := range all {
				if row.keeps && (one.r.Method != "GET" || one.r.Host != "a" || one.r.URL.Path != "/") {
					t.Errorf("%d: %+v", i, one.r)
				}
			}
			if len(all) != 20 {
				t.Errorf("%d requests", len(all))
			}
		})
	}
}

// TestLentAfterHugeHeader: a map that many fields have made large is not kept, and pipelined
// requests are told apart.
func TestLentAfterHugeHeader(t *testing.T) {
	addr := start(t, h1.New(h1.Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, len(r.Header))
		lend(r)
	})}))
	c := newLendClient(t, addr)
	var many strings.Builder
	for i := range 200 {
		fmt.Fprintf(&many, "X-%d: y\r\n", i)
	}
	for range 10 {
		c.send("GET / HTTP/1.1\r\nHost: a\r\n" + many.String() + "\r\nGET / HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\n")
		for _, want := range []int64{3, 1} { // digits
			if resp := c.response(); resp.ContentLength != want {
				t.Fatalf("a length of %d, want %d", resp.ContentLength, want)
			}
		}
	}
}

// TestLentWhileOthersLook: Abort, and the goroutine that looks for requests that take long,
// find no request whose memory is used again. It is for the race detector.
func TestLentWhileOthersLook(t *testing.T) {
	s := h1.New(h1.Config{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/asks" {
			context.AfterFunc(r.Context(), func() {})()
		}
		lend(r)
	})})
	addr := start(t, s)
	var clients, aborts sync.WaitGroup
	over := make(chan struct{})
	aborts.Go(func() {
		for {
			select {
			case <-over:
				return
			default:
				s.Abort(errors.New("enough"))
			}
		}
	})
	for range 4 {
		c := newLendClient(t, addr)
		clients.Go(func() {
			for i := range 50 {
				path := "/"
				if i%10 == 0 {
					path = "/asks"
				}
				c.send("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n")
				if resp, err := http.ReadResponse(c.r, nil); err != nil || resp.StatusCode != 200 {
					t.Errorf("%v, %v", resp, err)
					return
				}
			}
		})
	}
	clients.Wait()
	close(over)
	aborts.Wait()
}
