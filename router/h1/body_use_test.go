package h1_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/router/h1"
)

// piped runs a test with a transport whose only connection leads to a scripted peer in
// memory.
func piped(t *testing.T, script func(p *peer), test func(t *testing.T, transport *h1.Transport)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		transport := newTransport(t, h1.Config{Dial: func(context.Context) (net.Conn, error) { return near, nil }})
		go func() {
			defer far.Close()
			script(&peer{Conn: far, Reader: bufio.NewReader(far)})
		}()
		test(t, transport)
		transport.Close()
		synctest.Wait()
	})
}

// TestBodyIsReadByOne: while the body of a response is being read, another Read is an error
// that ends nothing; Close ends the one that waits.
func TestBodyIsReadByOne(t *testing.T) {
	piped(t, func(p *peer) {
		p.head()
		p.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
		_, _ = p.ReadByte() // until the connection is closed
	}, func(t *testing.T, transport *h1.Transport) {
		resp := roundTrip(t, transport, newRequest(t, "GET", nil))
		first := make(chan error)
		go func() {
			_, err := resp.Body.Read(make([]byte, 1))
			first <- err
		}()
		synctest.Wait()
		if _, err := resp.Body.Read(make([]byte, 1)); err == nil || !strings.Contains(err.Error(), "read by another goroutine") {
			t.Errorf("a second Read: %v", err)
		}
		resp.Body.Close()
		if err := <-first; !errors.Is(err, http.ErrBodyReadAfterClose) {
			t.Errorf("the first Read: %v", err)
		}
		if _, err := resp.Body.Read(make([]byte, 1)); !errors.Is(err, http.ErrBodyReadAfterClose) {
			t.Errorf("a Read after that: %v", err)
		}
	})
}

// counted is the body of a request that counts its closes.
type counted struct {
	io.ReadCloser
	closes atomic.Int32
}

func (c *counted) Close() error { c.closes.Add(1); return c.ReadCloser.Close() }

// TestBodiesAreClosedOnce: whether it was sent or given up, the body of a request is closed
// one time.
func TestBodiesAreClosedOnce(t *testing.T) {
	for response, sends := range map[string]bool{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok": true, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno": false} {
		piped(t, func(p *peer) {
			p.head()
			if sends {
				_, _ = io.ReadFull(p, make([]byte, len("5\r\nhello\r\n0\r\n\r\n")))
			}
			p.send(response)
			_, _ = p.ReadByte()
		}, func(t *testing.T, transport *h1.Transport) {
			pr, pw := io.Pipe()
			body := &counted{ReadCloser: pr}
			req := newRequest(t, "POST", body)
			if sends {
				go func() { _, _ = io.WriteString(pw, "hello"); pw.Close() }()
			}
			readAll(t, roundTrip(t, transport, req))
			synctest.Wait()
			if n := body.closes.Load(); n != 1 {
				t.Errorf("sent: %v; closed %d times", sends, n)
			}
		})
	}
}

// TestTransferEncodingOfTheRequest: a request that asks for chunks gets them, whatever its
// length.
func TestTransferEncodingOfTheRequest(t *testing.T) {
	got := make(chan string, 1)
	piped(t, func(p *peer) {
		head := p.head()
		body := make([]byte, len("5\r\nhello\r\n0\r\n\r\n"))
		_, _ = io.ReadFull(p, body)
		got <- head + string(body)
		p.send(okResponse)
	}, func(t *testing.T, transport *h1.Transport) {
		req := newRequest(t, "POST", strings.NewReader("hello"))
		req.TransferEncoding = []string{"Chunked"}
		readAll(t, roundTrip(t, transport, req))
		if text := <-got; !strings.Contains(text, "\r\nTransfer-Encoding: chunked\r\n") || strings.Contains(text, "Content-Length") || !strings.HasSuffix(text, "\r\n\r\n5\r\nhello\r\n0\r\n\r\n") {
			t.Errorf("the peer got %q", text)
		}
	})
}

// TestFinalResponseBeforeTheBody: a peer that answers a request with "Expect: 100-continue"
// at once, and neither refuses it nor closes, gets the body all the same, and the connection
// serves another request.
func TestFinalResponseBeforeTheBody(t *testing.T) {
	piped(t, func(p *peer) {
		for p.head() != "" {
			p.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
			body := make([]byte, 5)
			_, _ = io.ReadFull(p, body)
			p.send(string(body))
		}
	}, func(t *testing.T, transport *h1.Transport) {
		for range 2 {
			req := newRequest(t, "POST", strings.NewReader("hello"))
			req.Header.Set("Expect", "100-continue")
			start := time.Now()
			if got := readAll(t, roundTrip(t, transport, req)); got != "hello" {
				t.Errorf("the body of the response is %q", got)
			}
			if waited := time.Since(start); waited != 0 {
				t.Errorf("the body waited %v", waited)
			}
		}
	})
}

// TestNoResponseAtAll: bytes that cannot begin a response are an error as soon as they have
// come, not when the line is complete.
func TestNoResponseAtAll(t *testing.T) {
	for _, bytes := range []string{"SSH-2.0-x", "HTTQ", "h"} {
		piped(t, func(p *peer) {
			p.head()
			p.send(bytes)
			_, _ = p.ReadByte()
		}, func(t *testing.T, transport *h1.Transport) {
			_, err := transport.RoundTrip(newRequest(t, "GET", nil))
			if !errors.Is(err, h1.ErrMalformed) || !strings.Contains(err.Error(), bytes) {
				t.Errorf("%q: %v", bytes, err)
			}
		})
	}
}
