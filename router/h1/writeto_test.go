package h1_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/router/h1"
)

// destination is a writer for a body.
type destination struct {
	name string
	// well accepts everything.
	well func(t *testing.T) io.Writer
	// ill fails after it has accepted a part.
	ill func(t *testing.T) io.Writer
}

var errFull = errors.New("the disk is full")

// filling fails after a number of bytes.
type filling struct{ room int }

func (f *filling) Write(p []byte) (int, error) {
	n := min(len(p), f.room)
	if f.room -= n; n < len(p) {
		return n, errFull
	}
	return n, nil
}

// fillingReader is a filling with a ReadFrom.
type fillingReader struct{ filling }

func (f *fillingReader) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(&f.filling, r)
}

func destinations() []destination {
	return []destination{
		{
			name: "Writer",
			well: func(*testing.T) io.Writer { return writerOnly{io.Discard} },
			ill:  func(*testing.T) io.Writer { return &filling{1 << 10} },
		},
		{
			name: "ReaderFrom",
			well: func(*testing.T) io.Writer { return new(bytes.Buffer) },
			ill:  func(*testing.T) io.Writer { return &fillingReader{filling{1 << 10}} },
		},
		{
			name: "TCP connection",
			well: func(t *testing.T) io.Writer {
				near, far := tcpPair(t)
				go func() { _, _ = io.Copy(io.Discard, far) }()
				return near
			},
			ill: func(t *testing.T) io.Writer {
				near, far := tcpPair(t)
				go func() {
					_, _ = io.CopyN(io.Discard, far, 1<<10)
					_ = far.SetLinger(0)
					far.Close()
				}()
				return near
			},
		},
		{
			name: "TCP connection with a deadline",
			well: func(t *testing.T) io.Writer {
				near, far := tcpPair(t)
				_ = near.SetWriteDeadline(time.Now().Add(time.Minute))
				go func() { _, _ = io.Copy(io.Discard, far) }()
				return near
			},
			ill: func(t *testing.T) io.Writer {
				near, _ := tcpPair(t)
				_ = near.SetWriteDeadline(time.Now().Add(30 * time.Millisecond)) // nobody reads
				return near
			},
		},
	}
}

// taking is a bytes.Buffer that notes how many bytes it was given to read from a connection,
// as the system can move them from one to another.
type taking struct {
	bytes.Buffer
	taken int64
}

func (w *taking) ReadFrom(r io.Reader) (int64, error) {
	n, err := w.Buffer.ReadFrom(r)
	if limited, ok := r.(*io.LimitedReader); ok {
		if _, ok := limited.R.(*net.TCPConn); ok {
			w.taken += n
		}
	}
	return n, err
}

// TestWriteToGivesTheConnection: most of a long body is for the writer to read from the
// connection itself, so that it needs not pass through memory of this process. Of a short
// one nothing is, and no byte is lost or told twice either way.
func TestWriteToGivesTheConnection(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a connection cannot be peeked at")
	}
	for _, size := range []int{10_000, 1 << 20} {
		body := strings.Repeat("0123456789", size/10+1)[:size]
		ps := newPeers(t, func(p *peer) {
			p.head()
			p.send(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", size))
			p.send(body)
			p.head()
		})
		resp := roundTrip(t, to(t, ps.addr), newRequest(t, "GET", nil))
		var w taking
		n, err := resp.Body.(io.WriterTo).WriteTo(&w)
		if err != nil || n != int64(size) || w.String() != body {
			t.Errorf("%d of %d bytes, %v", n, size, err)
		}
		if long := size > 64<<10; long != (w.taken > int64(size)/2) || !long && w.taken > 0 {
			t.Errorf("of %d bytes %d were read from the connection", size, w.taken)
		}
		resp.Body.Close()
	}
}

// TestWriteToOneAfterTheOther: bodies of all sizes are written, whatever was written before.
func TestWriteToOneAfterTheOther(t *testing.T) {
	ps := newPeers(t, func(p *peer) {
		for n := 1; p.head() != ""; n = 300<<10 - n {
			p.send(okWith("", n))
		}
	})
	transport := to(t, ps.addr)
	for i := range 50 { // memory that was used before may be used again or not
		var got bytes.Buffer
		body := roundTrip(t, transport, newRequest(t, "GET", nil)).Body
		n, err := body.(io.WriterTo).WriteTo(writerOnly{&got})
		if want := []int{1, 300<<10 - 1}[i%2]; err != nil || n != int64(want) || got.String() != strings.Repeat("b", want) {
			t.Fatalf("%d of %d bytes, %v", n, want, err)
		}
		body.Close()
	}
}

// TestWriteToErrors: an error of the response is an *Error, as it is from Read. An error of
// the writer is not, so that the caller knows which side failed.
func TestWriteToErrors(t *testing.T) {
	const small, large = 10_000, 16 << 20
	head := func(n int) string { return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", n) }
	sources := []struct {
		name     string
		response func(p *peer, n int) // sends half of it and breaks off
	}{
		{"ends early", func(p *peer, n int) { p.send(head(n)); p.send(strings.Repeat("b", n/2)) }},
		{"is reset", func(p *peer, n int) {
			p.send(head(n))
			p.send(strings.Repeat("b", n/2))
			time.Sleep(20 * time.Millisecond) // for the bytes to be read: a reset discards the rest
			_ = p.Conn.(*net.TCPConn).SetLinger(0)
		}},
		{"has a chunk that is reset", func(p *peer, n int) {
			p.send(fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n", n))
			p.send(strings.Repeat("b", n/2))
			time.Sleep(20 * time.Millisecond)
			_ = p.Conn.(*net.TCPConn).SetLinger(0)
		}},
		{"has no end and is reset", func(p *peer, n int) {
			p.send("HTTP/1.1 200 OK\r\n\r\n")
			p.send(strings.Repeat("b", n/2))
			time.Sleep(20 * time.Millisecond)
			_ = p.Conn.(*net.TCPConn).SetLinger(0)
		}},
		{"is malformed", func(p *peer, n int) {
			p.send(fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%sx\r\n", n/2, strings.Repeat("b", n/2)))
		}},
	}
	for _, to := range destinations() {
		for _, size := range []int{small, large} {
			for _, from := range sources {
				t.Run(fmt.Sprintf("%s/%d bytes/response %s", to.name, size, from.name), func(t *testing.T) {
					ps := newPeers(t, func(p *peer) { p.head(); from.response(p, size) })
					resp := roundTrip(t, newTransport(t, h1.Config{Addr: ps.addr}), newRequest(t, "GET", nil))
					defer resp.Body.Close()
					_, err := resp.Body.(io.WriterTo).WriteTo(to.well(t))
					var own *h1.Error
					if !errors.As(err, &own) || own.Op != relay.OpResponseBody && own.Op != relay.OpParse || !own.Responded {
						t.Errorf("%#v", err)
					}
				})
			}
			for _, closing := range []string{"", "Connection: close\r\n"} {
				t.Run(fmt.Sprintf("%s fails/%d bytes/%s", to.name, size, closing), func(t *testing.T) {
					ps := newPeers(t, func(p *peer) {
						p.head()
						p.send("HTTP/1.1 200 OK\r\n" + closing + strings.TrimPrefix(head(size), "HTTP/1.1 200 OK\r\n"))
						p.send(strings.Repeat("b", size))
						if closing != "" {
							_ = p.Conn.(*net.TCPConn).CloseWrite()
						}
						_, _ = io.Copy(io.Discard, p)
					})
					resp := roundTrip(t, newTransport(t, h1.Config{Addr: ps.addr}), newRequest(t, "GET", nil))
					defer resp.Body.Close()
					_, err := resp.Body.(io.WriterTo).WriteTo(to.ill(t))
					if _, isTCP := to.well(t).(*net.TCPConn); err == nil && isTCP && size == small {
						return // the system accepted all of it before the failure
					}
					var own *h1.Error
					if err == nil || errors.As(err, &own) {
						t.Errorf("%#v", err)
					}
				})
			}
		}
	}
}

// TestWriteToCanceled: the end of the request's context is an error of the response,
// whatever the writer is.
func TestWriteToCanceled(t *testing.T) {
	for _, to := range destinations() {
		for _, size := range []int{10_000, 16 << 20} {
			ps := newPeers(t, func(p *peer) {
				p.head()
				p.send(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", size, strings.Repeat("b", size/2)))
				_, _ = io.Copy(io.Discard, p)
			})
			ctx, cancel := context.WithCancelCause(t.Context())
			resp := roundTrip(t, newTransport(t, h1.Config{Addr: ps.addr}), newRequestWith(t, ctx, "GET", nil))
			timer := time.AfterFunc(30*time.Millisecond, func() { cancel(errCancelled) })
			_, err := resp.Body.(io.WriterTo).WriteTo(to.well(t))
			var own *h1.Error
			if !errors.As(err, &own) || !errors.Is(err, errCancelled) {
				t.Errorf("%s, %d bytes: %#v", to.name, size, err)
			}
			resp.Body.Close()
			timer.Stop()
			cancel(nil)
		}
	}
}

// TestWriteToWhileTheRequestFails: the peer stops reading the request's body while it sends
// a large response. The response has the same time to arrive as with Read.
func TestWriteToWhileTheRequestFails(t *testing.T) {
	const size = 4 << 20
	for _, to := range destinations() {
		ps := newPeers(t, func(p *peer) {
			p.head()
			p.send(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", size, strings.Repeat("b", size/2)))
			_ = p.Conn.(*net.TCPConn).CloseRead()
			time.Sleep(20 * time.Millisecond)
			p.send(strings.Repeat("b", size-size/2))
			_, _ = io.Copy(io.Discard, p)
		})
		body, feed := io.Pipe()
		req := newRequest(t, http.MethodPost, body)
		resp := roundTrip(t, newTransport(t, h1.Config{Addr: ps.addr}), req)
		go func() {
			for {
				if _, err := feed.Write(make([]byte, 1<<10)); err != nil {
					return
				}
			}
		}()
		n, err := resp.Body.(io.WriterTo).WriteTo(to.well(t))
		var own *h1.Error
		if err != nil && !errors.As(err, &own) || err == nil && n != size {
			t.Errorf("%s: %d bytes, %#v", to.name, n, err)
		}
		resp.Body.Close()
		body.Close()
	}
}
