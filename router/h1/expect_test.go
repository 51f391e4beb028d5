package h1_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/router/h1"
)

func TestExpectContinue(t *testing.T) {
	for _, c := range []struct {
		name   string
		before string // the peer sends it after the head
		after  string // the peer sends it after the body; empty: it does not read the body
		status int
		steps  string
		kept   bool
	}{
		{"continued", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "Continue conn first wrote", true},
		{"silence", "", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "conn first wrote", true},
		{"another 1xx", "HTTP/1.1 102 Processing\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "Processing conn first wrote", true},
		{"part of a head", "HTTP/1.1 1", "00 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "Continue conn first wrote", true},
		{"refused", "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n", "", 417, "conn first", false},
		{"final response at once", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "", 200, "conn first", false},
	} {
		for _, counted := range []bool{true, false} {
			t.Run(c.name, func(t *testing.T) {
				bodies := make(chan string, 10)
				ps := newPeers(t, func(p *peer) {
					for p.head() != "" {
						p.send(c.before)
						if c.after == "" {
							rest, _ := io.ReadAll(p)
							bodies <- string(rest)
							return
						}
						body := make([]byte, 5)
						if !counted {
							body = make([]byte, len("5\r\nhello\r\n0\r\n\r\n"))
						}
						_, _ = io.ReadFull(p, body)
						bodies <- string(body)
						p.send(c.after)
					}
				})
				transport := newTransport(t, h1.Config{Addr: ps.addr, ExpectContinueTimeout: 20 * time.Millisecond})
				for range 2 {
					o := observe()
					body := newClosing(strings.NewReader("hello"))
					req := newRequestWith(t, o, "POST", body)
					req.Header.Set("Expect", "100-continue")
					req.ContentLength = -1
					if counted {
						req.ContentLength = 5
					}
					resp := roundTrip(t, transport, req)
					readAll(t, resp)
					if steps := o.inAnyOrder(); resp.StatusCode != c.status || steps != c.steps {
						t.Errorf("%d, %s", resp.StatusCode, steps)
					}
					if got := <-bodies; strings.Contains(got, "hello") != (c.after != "") {
						t.Errorf("the peer got %q", got)
					}
					<-body.done
				}
				if (ps.count.Load() == 1) != c.kept {
					t.Errorf("%d connections", ps.count.Load())
				}
			})
		}
	}
}

// TestRefusedBodyIsNotSent: once the peer has refused the expectation, no byte of the
// body is written, also while the response is still coming.
func TestRefusedBodyIsNotSent(t *testing.T) {
	for _, c := range []struct{ name, head, body string }{
		{"refused", "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\n", "hi"},
		{"accepted, and the last response", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n", "hi"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := net.Pipe()
				defer far.Close()
				transport := newTransport(t, h1.Config{Dial: func(context.Context) (net.Conn, error) { return near, nil }})
				body := newClosing(strings.NewReader("hello"))
				req := newRequest(t, "POST", body)
				req.Header.Set("Expect", "100-continue")
				req.ContentLength = 5
				sent := make(chan string)
				go func() {
					p := &peer{Conn: far, Reader: bufio.NewReader(far)}
					p.head()
					p.send(c.head)
					more, _ := io.ReadAll(p)
					sent <- string(more)
				}()
				resp := roundTrip(t, transport, req)
				synctest.Wait() // a body that is sent would be sent by now
				go func() { _, _ = io.WriteString(far, c.body) }()
				if got := readAll(t, resp); got != c.body {
					t.Errorf("the response is %q", got)
				}
				if more := <-sent; more != "" {
					t.Errorf("the peer got %q", more)
				}
				<-body.done
			})
		})
	}
}

// TestExpectContinueServer is the same with net/http's server.
func TestExpectContinueServer(t *testing.T) {
	addr := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("q") == "1" {
			_, _ = io.Copy(w, r.Body)
		}
	})
	transport := newTransport(t, h1.Config{Addr: addr, ExpectContinueTimeout: time.Hour})
	for range 3 {
		req := newRequest(t, "POST", strings.NewReader("hello"))
		req.Header.Set("Expect", "100-continue")
		if got := readAll(t, roundTrip(t, transport, req)); got != "hello" {
			t.Errorf("%q", got)
		}
		req = newRequest(t, "POST", strings.NewReader("hello"))
		req.URL.RawQuery = ""
		req.Header.Set("Expect", "100-continue")
		if got := readAll(t, roundTrip(t, transport, req)); got != "" {
			t.Errorf("%q", got)
		}
	}
}

func TestInformational(t *testing.T) {
	ps := responding(t, "HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	o := observe()
	roundTrip(t, to(t, ps.addr), newRequestWith(t, o, "GET", nil))
	if s := o.all(); s != "conn wrote first Early Hintsa Early Hintsb" {
		t.Errorf("the steps are %s", s)
	}
	o = observe()
	o.refuse = io.ErrNoProgress
	_, err := to(t, ps.addr).RoundTrip(newRequestWith(t, o, "GET", nil))
	if !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("%v", err)
	}
}
