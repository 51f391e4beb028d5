package h1_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/router/h1"
)

// script is a connection that responds to the first write with fixed bytes, a given
// number at a time, and then ends.
type script struct {
	mu       sync.Mutex
	change   *sync.Cond
	response []byte
	step     int
	wrote    []byte
	asked    bool
	closed   bool
}

func newScript(response []byte, step int) *script {
	s := &script{response: response, step: step}
	s.change = sync.NewCond(&s.mu)
	return s
}

func (s *script) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.asked && !s.closed {
		s.change.Wait()
	}
	if s.closed {
		return 0, net.ErrClosed
	}
	if len(s.response) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), s.step)], s.response)
	s.response = s.response[n:]
	return n, nil
}

func (s *script) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, os.ErrClosed
	}
	s.wrote = append(s.wrote, p...)
	s.asked = true
	s.change.Broadcast()
	return len(p), nil
}

func (s *script) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.change.Broadcast()
	return nil
}

func (s *script) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (s *script) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (s *script) SetDeadline(time.Time) error      { return nil }
func (s *script) SetReadDeadline(time.Time) error  { return nil }
func (s *script) SetWriteDeadline(time.Time) error { return nil }

// message is a response as a client returned it.
type message struct {
	Informational []int
	Status        int
	Reason, Proto string
	Header        http.Header
	Length        int64
	Encoding      []string
	Close         bool
	Trailer       http.Header
	body          string
	bodyErr       error
	err           error
}

func understand(rt http.RoundTripper, ctx context.Context, method string, informational *[]int, viaWriteTo bool) (m message) {
	req, err := http.NewRequestWithContext(ctx, method, "http://example.test/", nil)
	if err != nil {
		panic(err)
	}
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return message{err: err}
	}
	defer resp.Body.Close()
	var body strings.Builder
	if wt, ok := resp.Body.(io.WriterTo); ok && viaWriteTo {
		_, err = wt.WriteTo(&body)
	} else {
		_, err = io.Copy(&body, onlyReader{resp.Body})
	}
	return message{*informational, resp.StatusCode, resp.Status, resp.Proto, resp.Header, resp.ContentLength,
		resp.TransferEncoding, resp.Close, resp.Trailer, body.String(), err, nil}
}

// informed collects the codes of 1xx responses.
type informed struct{ codes []int }

func (i *informed) Interim(code int, _ textproto.MIMEHeader) error {
	i.codes = append(i.codes, code)
	return nil
}

func byUs(response []byte, step int, method string, viaWriteTo bool) message {
	t, err := h1.New(h1.Config{Dial: func(context.Context) (net.Conn, error) { return newScript(response, step), nil }})
	if err != nil {
		panic(err)
	}
	defer t.Close()
	i := &informed{}
	return understand(sending{t, &relay.Exchange{Interim: i}}, context.Background(), method, &i.codes, viaWriteTo)
}

func byNetHTTP(response []byte, step int, method string) message {
	t := &http.Transport{
		DisableCompression: true,
		DialContext:        func(context.Context, string, string) (net.Conn, error) { return newScript(response, step), nil },
	}
	defer t.CloseIdleConnections()
	var codes []int
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
		Got1xxResponse: func(code int, _ textproto.MIMEHeader) error { codes = append(codes, code); return nil },
	})
	return understand(t, ctx, method, &codes, false)
}

// alike removes from both what differs on purpose: see the package comment.
func alike(ours, theirs *message, method string) {
	if _, also := ours.Header["Cache-Control"]; !also && slices.Contains(ours.Header["Pragma"], "no-cache") {
		delete(theirs.Header, "Cache-Control") // net/http makes it from Pragma
	}
	if ours.Close {
		delete(ours.Header, "Connection") // net/http removes it with its other options
		delete(theirs.Header, "Connection")
	}
	if len(ours.Encoding) > 0 && (method == "HEAD" || ours.Status == 204 || ours.Status == 304) {
		// net/http keeps a Content-Length next to Transfer-Encoding here.
		delete(theirs.Header, "Content-Length")
		if method == "HEAD" {
			theirs.Length = -1
		}
	}
}

func FuzzResponse(f *testing.F) {
	log.SetOutput(io.Discard) // net/http logs bytes that come after a response
	f.Cleanup(func() { log.SetOutput(os.Stderr) })
	for _, seed := range []string{
		okResponse,
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: A\r\n\r\n2;x=y\r\nhi\r\n0\r\nA: b\r\n\r\n",
		"HTTP/1.0 200 OK\r\nConnection: keep-alive, x\r\nContent-Length: 2\r\n\r\nhi",
		"HTTP/1.1 200 OK\r\n\r\nuntil the end",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
		"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
		"HTTP/1.1 200\r\nx-y: a,b\r\nX-Y: c\r\nPragma: no-cache\r\nContent-Length:  2 \r\n\r\nhi",
		"HTTP/1.1 200 OK\nA: b\n c\n\nhi",
		"HTTP/1.1 200 OK\r\nA : b\r\nB\r\n\r\n",
		"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nraw",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0005  \r\nhello\r\nA;\r\n0123456789\r\n00\r\n\r\nmore",
	} {
		for _, step := range []uint16{1, 7, 4096} {
			f.Add([]byte(seed), step, step%2 == 1)
		}
	}
	f.Fuzz(func(t *testing.T, response []byte, step uint16, head bool) {
		if len(response) > 20000 {
			return
		}
		method := "GET"
		if head {
			method = "HEAD"
		}
		size := max(int(step), 1)
		ours := byUs(response, size, method, step%3 == 0)
		if ours.err != nil {
			var e *h1.Error
			if !errors.As(ours.err, &e) || !e.WroteAll {
				t.Fatalf("error %#v", ours.err)
			}
			return // we are stricter, or the bytes are not a response at all
		}
		theirs := byNetHTTP(response, size, method)
		if theirs.err != nil {
			t.Fatalf("we accept what net/http refuses: %v", theirs.err)
		}
		alike(&ours, &theirs, method)
		if ours.bodyErr == nil && (theirs.bodyErr != nil || ours.body != theirs.body) {
			t.Fatalf("bodies: %q and %q, %v", ours.body, theirs.body, theirs.bodyErr)
		}
		if !strings.HasPrefix(theirs.body, ours.body) && !strings.HasPrefix(ours.body, theirs.body) {
			t.Fatalf("bodies: %q, %v and %q, %v", ours.body, ours.bodyErr, theirs.body, theirs.bodyErr)
		}
		if ours.bodyErr != nil {
			ours.Trailer, theirs.Trailer = nil, nil
		}
		if diff := cmp.Diff(theirs, ours, cmp.FilterPath(func(p cmp.Path) bool {
			switch p.Last().String() {
			case ".body", ".bodyErr", ".err":
				return true
			}
			return false
		}, cmp.Ignore())); diff != "" {
			t.Fatalf("(-net/http +ours) %s", diff)
		}
	})
}
