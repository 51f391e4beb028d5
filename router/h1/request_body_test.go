package h1_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/router/h1"
)

// TestRequestBodies: bodies of all kinds, as net/http's server reads them.
func TestRequestBodies(t *testing.T) {
	large := bytes.Repeat([]byte("0123456789"), 50000)
	for _, c := range []struct {
		name    string
		method  string
		body    func() io.Reader
		length  int64 // that the request declares; -2: that NewRequest finds
		trailer http.Header
		want    []byte
		framed  string // as the server reads it
	}{
		{"in memory", "POST", func() io.Reader { return strings.NewReader("hello") }, -2, nil, []byte("hello"), "5"},
		{"large, in memory", "PUT", func() io.Reader { return bytes.NewReader(large) }, -2, nil, large, "500000"},
		{"streamed, counted", "POST", func() io.Reader { return onlyReader{strings.NewReader("hello")} }, 5, nil, []byte("hello"), "5"},
		{"streamed, counted, large", "POST", func() io.Reader { return onlyReader{bytes.NewReader(large)} }, 500000, nil, large, "500000"},
		{"streamed, byte by byte", "POST", func() io.Reader { return iotest.OneByteReader(strings.NewReader("hello")) }, 5, nil, []byte("hello"), "5"},
		{"end with the data", "POST", func() io.Reader { return iotest.DataErrReader(strings.NewReader("hello")) }, 5, nil, []byte("hello"), "5"},
		{"chunked", "POST", func() io.Reader { return onlyReader{strings.NewReader("hello")} }, -1, nil, []byte("hello"), "chunked"},
		{"chunked, length zero means unknown", "POST", func() io.Reader { return onlyReader{strings.NewReader("hello")} }, 0, nil, []byte("hello"), "chunked"},
		{"chunked, byte by byte", "POST", func() io.Reader { return iotest.OneByteReader(strings.NewReader("hello")) }, -1, nil, []byte("hello"), "chunked"},
		{"chunked, large", "POST", func() io.Reader { return onlyReader{bytes.NewReader(large)} }, -1, nil, large, "chunked"},
		{"chunked, empty", "POST", func() io.Reader { return onlyReader{strings.NewReader("")} }, -1, nil, nil, "chunked"},
		{"trailers", "POST", func() io.Reader { return onlyReader{strings.NewReader("hello")} }, -1, http.Header{"A": {"1"}, "L5d-B": {"2"}}, []byte("hello"), "chunked"},
		{"GET with a body", "GET", func() io.Reader { return onlyReader{strings.NewReader("hello")} }, -1, nil, []byte("hello"), "chunked"},
		{"GET with an empty body", "GET", func() io.Reader { return onlyReader{strings.NewReader("")} }, -1, nil, nil, "none"},
		{"GET with a counted body", "GET", func() io.Reader { return strings.NewReader("hello") }, -2, nil, []byte("hello"), "5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			type got struct {
				body    []byte
				framed  string
				trailer http.Header
			}
			seen := make(chan got, 1)
			addr := server(t, func(w http.ResponseWriter, r *http.Request) {
				g := got{framed: "none"}
				if r.ContentLength > 0 {
					g.framed = r.Header.Get("Content-Length")
				} else if len(r.TransferEncoding) > 0 {
					g.framed = r.TransferEncoding[0]
				}
				g.body, _ = io.ReadAll(r.Body)
				g.trailer = r.Trailer
				seen <- g
			})
			transport := to(t, addr)
			var locals []string
			for range 3 {
				req := newRequest(t, c.method, c.body())
				if c.length != -2 {
					req.ContentLength = c.length
				}
				req.Trailer = c.trailer
				o := observe()
				resp := roundTrip(t, transport, req.WithContext(o))
				readAll(t, resp)
				g := <-seen
				if !bytes.Equal(g.body, c.want) || g.framed != c.framed {
					t.Fatalf("%d bytes, %s", len(g.body), g.framed)
				}
				for k := range c.trailer {
					if g.trailer.Get(k) != c.trailer.Get(k) {
						t.Errorf("trailer %v", g.trailer)
					}
				}
				if s := o.inAnyOrder(); s != "conn first wrote" {
					t.Errorf("observed %s", s)
				}
				locals = append(locals, o.local)
			}
			if len(slices.Compact(locals)) != 1 {
				t.Errorf("connections: %v", locals)
			}
		})
	}
}

// onlyReader hides everything but Read.
type onlyReader struct{ io.Reader }

// TestBodyOfWrongLength: the peer must be able to tell that the body is broken.
func TestBodyOfWrongLength(t *testing.T) {
	for name, c := range map[string]struct {
		body   io.Reader
		length int64
		cause  error
	}{
		"shorter": {onlyReader{strings.NewReader("hell")}, 5, io.ErrUnexpectedEOF},
		"longer":  {onlyReader{strings.NewReader("hello!")}, 5, h1.ErrInvalidRequest},
		"broken":  {io.MultiReader(strings.NewReader("he"), iotest.ErrReader(io.ErrClosedPipe)), 5, io.ErrClosedPipe},
		"broken, chunked": {io.MultiReader(strings.NewReader("he"), iotest.ErrReader(io.ErrClosedPipe)), -1,
			io.ErrClosedPipe},
	} {
		t.Run(name, func(t *testing.T) {
			whole := make(chan bool, 1)
			addr := server(t, func(w http.ResponseWriter, r *http.Request) {
				_, err := io.ReadAll(r.Body)
				whole <- err == nil
			})
			body := newClosing(c.body)
			req := newRequest(t, "POST", body)
			req.ContentLength = c.length
			_, err := to(t, addr).RoundTrip(req)
			if !errors.Is(err, c.cause) {
				t.Errorf("%v", err)
			}
			wantError(t, err, relay.OpBody, wroteSome, false)
			if <-whole {
				t.Error("the peer got a whole request")
			}
			<-body.done
		})
	}
}

// TestEarlyResponse: the response comes and is read while the body is still being sent.
func TestEarlyResponse(t *testing.T) {
	for _, length := range []int64{-1, 1 << 20, 5} {
		for _, response := range []string{
			"HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno",
			"HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno",
			"HTTP/1.1 413 Content Too Large\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n",
		} {
			ps := newPeers(t, func(p *peer) {
				p.head()
				p.send(response)
				_, _ = io.Copy(io.Discard, p)
			})
			pr, pw := io.Pipe()
			req := newRequest(t, "POST", pr)
			req.ContentLength = length
			transport := to(t, ps.addr)
			resp := roundTrip(t, transport, req)
			if body := readAll(t, resp); resp.StatusCode != 413 || body != "no" {
				t.Errorf("%d %q", resp.StatusCode, body)
			}
			// The body is closed at the end of the response.
			for {
				if _, err := pw.Write([]byte("x")); err != nil {
					break
				}
			}
		}
	}
}

// TestEarlyResponseToLargeBody: the peer responds, reads nothing more and closes.
func TestEarlyResponseToLargeBody(t *testing.T) {
	for range 20 {
		ps := newPeers(t, func(p *peer) {
			p.head()
			p.send("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
			_ = p.Conn.(interface{ CloseWrite() error }).CloseWrite()
			_, _ = p.Discard(1000)
			time.Sleep(5 * time.Millisecond)
		})
		req := newRequest(t, "POST", onlyReader{bytes.NewReader(make([]byte, 8<<20))})
		req.ContentLength = 8 << 20
		if resp := roundTrip(t, to(t, ps.addr), req); resp.StatusCode != 401 {
			t.Errorf("status %d", resp.StatusCode)
		}
	}
}

// TestFullDuplex: each part of the body gets its part of the response before the next one
// is sent.
func TestFullDuplex(t *testing.T) {
	addr := server(t, func(w http.ResponseWriter, r *http.Request) {
		rc := http.NewResponseController(w)
		_ = rc.EnableFullDuplex()
		w.WriteHeader(200)
		_ = rc.Flush()
		buf := make([]byte, 1)
		for {
			n, err := r.Body.Read(buf)
			_, _ = w.Write(buf[:n])
			_ = rc.Flush()
			if err != nil {
				return
			}
		}
	})
	pr, pw := io.Pipe()
	req := newRequest(t, "POST", pr)
	resp := roundTrip(t, to(t, addr), req)
	for _, want := range []byte("hello") {
		_, _ = pw.Write([]byte{want})
		got := make([]byte, 1)
		if _, err := io.ReadFull(resp.Body, got); err != nil || got[0] != want {
			t.Fatalf("%q, %v", got, err)
		}
	}
	pw.Close()
	if rest := readAll(t, resp); rest != "" {
		t.Errorf("%q", rest)
	}
}
