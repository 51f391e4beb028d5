package h1_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy/h1"
)

func serving(t testing.TB, handler http.HandlerFunc) *client {
	t.Helper()
	return dial(t, start(t, h1.New(h1.Config{Handler: handler})))
}

const get = "GET / HTTP/1.1\r\nHost: web\r\n\r\n"

// TestHijack: the handler gets what has arrived and the connection; the server forgets it.
func TestHijack(t *testing.T) {
	c := serving(t, func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		conn, rw, err := control.Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		if early, _ := rw.Reader.Peek(rw.Reader.Buffered()); string(early) != "early" {
			t.Errorf("early bytes are %q", early)
		}
		if _, _, err := control.Hijack(); !errors.Is(err, http.ErrHijacked) {
			t.Errorf("a second time: %v", err)
		}
		if _, err := w.Write([]byte("x")); err != http.ErrHijacked {
			t.Errorf("Write: %v", err)
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
		_, _ = io.Copy(conn, rw)
	})
	c.send("GET / HTTP/1.1\r\nHost: web\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nearly")
	if resp, err := http.ReadResponse(c.in, nil); err != nil || resp.StatusCode != 101 {
		t.Fatal(resp, err)
	}
	c.send(" and late")
	c.finish()
	if got, err := io.ReadAll(c.in); string(got) != "early and late" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestReadFrom: files and connections are copied, up to the length and no further.
func TestReadFrom(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789abcdef"), 64<<10)
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, length := range []int{-1, 0, 3, len(data) - 1, len(data), len(data) + 1} {
		for _, kind := range []string{"file", "socket", "reader"} {
			t.Run(fmt.Sprint(kind, length), func(t *testing.T) {
				var result error
				done := make(chan int64, 1)
				c := serving(t, func(w http.ResponseWriter, r *http.Request) {
					if length >= 0 {
						w.Header().Set("Content-Length", fmt.Sprint(length))
					}
					src, end := source(t, kind, path, data)
					defer end()
					var n int64
					n, result = io.Copy(w, src)
					done <- n
				})
				c.send(get)
				resp, err := http.ReadResponse(c.in, nil)
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(resp.Body)
				want := data
				if length >= 0 {
					want = data[:min(length, len(data))]
				}
				if whole := bytes.Equal(body, want); !whole && (length < 0 || length >= len(data) || !bytes.HasPrefix(want, body)) {
					t.Errorf("got %d bytes, want %d", len(body), len(want))
				} else if whole {
					err = nil
				}
				n := <-done
				switch {
				case length > len(data):
					if len(body) != len(data) || result != nil {
						t.Errorf("%v, %v", err, result)
					}
				case length >= 0 && length < len(data):
					// A Write beyond the length writes nothing.
					if err != nil && err != io.ErrUnexpectedEOF || !errors.Is(result, http.ErrContentLength) {
						t.Errorf("%v, %v", err, result)
					}
				default:
					if err != nil || result != nil || n != int64(len(data)) {
						t.Errorf("%v, %v, %d", err, result, n)
					}
				}
			})
		}
	}
}

// source returns a reader of the data.
func source(t testing.TB, kind, path string, data []byte) (io.Reader, func()) {
	switch kind {
	case "file":
		f, err := os.Open(path)
		if err != nil {
			t.Error(err)
		}
		return f, func() { f.Close() }
	case "reader":
		return io.MultiReader(bytes.NewReader(data)), func() {}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Error(err)
	}
	var sending sync.WaitGroup
	sending.Go(func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = conn.Write(data)
	})
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Error(err)
	}
	return conn, func() { conn.Close(); l.Close(); sending.Wait() }
}

// TestFullDuplex: the body is read while the response is written, also by another goroutine.
func TestFullDuplex(t *testing.T) {
	c := serving(t, func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		if err := control.EnableFullDuplex(); err != nil {
			t.Error(err)
		}
		lines := make(chan string)
		var reading sync.WaitGroup
		reading.Go(func() {
			for s := bufio.NewScanner(r.Body); s.Scan(); {
				lines <- s.Text()
			}
			close(lines)
		})
		for line := range lines {
			fmt.Fprintf(w, "got %s\n", line)
			if err := control.Flush(); err != nil {
				t.Error(err)
			}
		}
		reading.Wait()
	})
	c.send("POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n1\n\r\n")
	resp, err := http.ReadResponse(c.in, nil)
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(resp.Body)
	for i := 1; i < 20; i++ {
		if line, err := in.ReadString('\n'); line != fmt.Sprintf("got %d\n", i) || err != nil {
			t.Fatalf("%q, %v", line, err)
		}
		text := fmt.Sprintf("%d\n", i+1)
		c.send(fmt.Sprintf("%x\r\n%s\r\n", len(text), text))
	}
	c.send("0\r\n\r\n")
	if rest, err := io.ReadAll(in); string(rest) != "got 20\n" || err != nil {
		t.Fatalf("%q, %v", rest, err)
	}
	c.send("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 2\r\n\r\n1\n")
	if resp, body := c.response("POST"); body != "got 1\n" {
		t.Errorf("%v %q", resp, body)
	}
}

// TestReadAfterReturn: a goroutine that still reads the body when its handler returns does
// not hold up the response, gets an error, and never reads the next request.
func TestReadAfterReturn(t *testing.T) {
	ended := make(chan error, 1)
	begun := make(chan struct{})
	c := serving(t, func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).EnableFullDuplex()
		go func() {
			close(begun)
			_, err := io.Copy(io.Discard, r.Body)
			ended <- err
		}()
		<-begun
		_, _ = io.WriteString(w, "early")
	})
	c.send("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 5\r\n\r\n123")
	if resp, body := c.response("POST"); body != "early" {
		t.Errorf("%v %q", resp, body)
	}
	if err := <-ended; err == nil {
		t.Error("the body was read to its end")
	}
}

// TestDeadlines: those of a handler bound its own request, and not the next one.
func TestDeadlines(t *testing.T) {
	c := serving(t, func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		if r.URL.Path == "/" {
			if err := errors.Join(control.SetReadDeadline(time.Now()), control.SetWriteDeadline(time.Now().Add(time.Hour))); err != nil {
				t.Error(err)
			}
			return
		}
		if err := control.SetReadDeadline(time.Now()); err != nil {
			t.Error(err)
		}
		if _, err := io.ReadAll(r.Body); !errors.Is(err, os.ErrDeadlineExceeded) || r.Context().Err() != nil {
			t.Errorf("read: %v, context: %v", err, r.Context().Err())
		}
		if err := control.SetReadDeadline(time.Time{}); err != nil {
			t.Error(err)
		}
		w.WriteHeader(408)
		_ = control.Flush()
		if body, err := io.ReadAll(r.Body); string(body) != "12345" || err != nil {
			t.Errorf("%q, %v", body, err)
		}
	})
	c.send(get)
	c.response("GET")
	c.send(get)
	c.response("GET")
	c.send("POST /late HTTP/1.1\r\nHost: web\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
	if resp, err := http.ReadResponse(c.in, nil); err != nil || resp.StatusCode != 100 {
		t.Fatalf("%v, %v", resp, err)
	}
	resp, err := http.ReadResponse(c.in, nil)
	if err != nil || resp.StatusCode != 408 {
		t.Fatalf("%v, %v", resp, err)
	}
	c.send("12345")
	if _, err := io.ReadAll(resp.Body); err != nil {
		t.Error(err)
	}
	c.wantEnd()
}

// TestPanic: the panic of a handler ends its connection and no other, and is logged, with
// no more than a few lines a minute.
func TestPanic(t *testing.T) {
	var log lockedBuffer
	s := h1.New(h1.Config{ErrorLog: slog.New(slog.NewTextHandler(&log, nil)), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		panic("oh no")
	})})
	addr := start(t, s)
	for range 30 {
		c := dial(t, addr)
		c.send(get)
		c.wantEnd()
	}
	if got := strings.Count(log.String(), "oh no"); got < 1 || got > 10 {
		t.Errorf("%d lines: %s", got, log.String())
	}
	if got := s.Stats(); got.Accepted != 30 || got.Requests != 30 || got.Refused != 0 {
		t.Errorf("%+v", got)
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

// TestLimits: what is too long is refused with the status that says so, also if it never
// ends, and the client can read that.
func TestLimits(t *testing.T) {
	s := h1.New(h1.Config{MaxHeadBytes: 10000, Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})})
	addr := start(t, s)
	long := strings.Repeat("x", 9000)
	refused := uint64(0)
	for _, row := range []struct {
		bytes  string
		status int
	}{
		{"GET /" + long + " HTTP/1.1\r\nHost: web\r\n\r\n", 200},
		{"GET /" + long + long, 414},
		{"GET / HTTP/1.1\r\nHost: web\r\nA: " + long + "\r\n\r\n", 200},
		{"GET / HTTP/1.1\r\nHost: web\r\nA: " + long + "\r\nB: " + long, 431},
		{"GET / HTTP/1.1\r\nHost: web\r\n" + strings.Repeat("A:\r\n", 990) + "\r\n", 200},
		{"GET / HTTP/1.1\r\nHost: web\r\n" + strings.Repeat("A:\r\n", 1001) + "\r\n", 431},
		{"POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: " + long + "\r\nB: " + long, 200}, // nobody reads it
	} {
		c := dial(t, addr)
		c.send(row.bytes)
		resp, _ := c.response("GET")
		if resp.StatusCode != row.status {
			t.Errorf("%.40q: %s, want %d", row.bytes, resp.Status, row.status)
		}
		if row.status != 200 {
			refused++
			c.wantEnd()
		}
	}
	if got := s.Stats().Refused; got != refused {
		t.Errorf("%d were refused, want %d", got, refused)
	}
}

// TestWriterAfterReturn: a writer that is kept does nothing to the next response.
func TestWriterAfterReturn(t *testing.T) {
	kept := make(chan http.ResponseWriter, 1)
	c := serving(t, func(w http.ResponseWriter, r *http.Request) {
		select {
		case kept <- w:
			return
		case old := <-kept:
			if _, err := old.Write([]byte("wrong")); err == nil {
				t.Error("it can be written to")
			}
			old.WriteHeader(500)
			if err := http.NewResponseController(old).Flush(); err == nil {
				t.Error("it can be flushed")
			}
			if _, _, err := http.NewResponseController(old).Hijack(); err == nil {
				t.Error("it can be hijacked")
			}
		}
		_, _ = io.WriteString(w, "right")
	})
	c.send(get + get)
	c.response("GET")
	if resp, body := c.response("GET"); resp.StatusCode != 200 || body != "right" {
		t.Errorf("%s %q", resp.Status, body)
	}
}

// TestCloseSparesHijacked: a connection that a handler has taken over is the handler's, also
// when the server is closed. The context of its request goes on until the server aborts it.
func TestCloseSparesHijacked(t *testing.T) {
	taken := make(chan bool)
	s := h1.New(h1.Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		taken <- true
		<-r.Context().Done()
		_, _ = io.WriteString(conn, context.Cause(r.Context()).Error())
	})})
	c := dial(t, start(t, s))
	c.send(get)
	<-taken
	idle := dial(t, c.RemoteAddr().String())
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	idle.wantEnd()
	s.Abort(errors.New("aborted"))
	if got, err := io.ReadAll(c.in); string(got) != "aborted" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// TestReadAfterClose: a body that the handler has closed is not read, and what is left of it
// is no request.
func TestReadAfterClose(t *testing.T) {
	c := serving(t, func(w http.ResponseWriter, r *http.Request) {
		r.Body.Close()
		if _, err := r.Body.Read(make([]byte, 1)); r.ContentLength != 0 && err != http.ErrBodyReadAfterClose {
			t.Errorf("the error is %v", err)
		}
		_, _ = io.WriteString(w, r.URL.Path)
	})
	c.send("POST /1 HTTP/1.1\r\nHost: web\r\nContent-Length: 37\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: web\r\n\r\n" + get)
	for _, want := range []string{"/1", "/"} {
		if _, body := c.response("GET"); body != want {
			t.Errorf("got %q, want %q", body, want)
		}
	}
}

// TestBodyAfterReturn: a body that is kept is not read from the connection any more.
func TestBodyAfterReturn(t *testing.T) {
	bodies := make(chan io.ReadCloser, 1)
	c := serving(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		bodies <- r.Body
	})
	c.send("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 5\r\n\r\n123")
	c.response("POST")
	c.wantEnd() // and so the request is over
	if n, err := (<-bodies).Read(make([]byte, 5)); n != 0 || err != http.ErrBodyReadAfterClose {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// TestResponseBeforeBody: a client that sends a large body which nobody wants can read the
// response after that, because the connection is not reset at once.
func TestResponseBeforeBody(t *testing.T) {
	returned := make(chan bool, 1)
	c := serving(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "no")
		returned <- true
	})
	c.send("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 10000000\r\n\r\n")
	<-returned
	for range 10 {
		c.send(strings.Repeat("x", 50_000))
	}
	if resp, body := c.response("POST"); body != "no" || !resp.Close {
		t.Errorf("%q, close is %v", body, resp.Close)
	}
	c.wantEnd()
}

// TestUnreadWithFullDuplex: what a handler with full duplex leaves of a body is no request.
func TestUnreadWithFullDuplex(t *testing.T) {
	c := serving(t, func(w http.ResponseWriter, r *http.Request) {
		if err := http.NewResponseController(w).EnableFullDuplex(); err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, r.URL.Path)
	})
	c.send("POST /1 HTTP/1.1\r\nHost: web\r\nContent-Length: 37\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: web\r\n\r\n" + get)
	for _, want := range []string{"/1", "/"} {
		if resp, body := c.response("GET"); body != want || resp.Close {
			t.Errorf("got %q, want %q", body, want)
		}
	}
}

// TestWriteDeadlineOfOneRequest: a deadline that a handler leaves behind does not concern the
// next response.
func TestWriteDeadlineOfOneRequest(t *testing.T) {
	done := make(chan bool)
	c := serving(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "2")
		_, _ = io.WriteString(w, "ok")
		control := http.NewResponseController(w)
		if err := errors.Join(control.Flush(), control.SetWriteDeadline(time.Unix(1, 0))); err != nil {
			t.Error(err)
		}
		done <- true
	})
	for range 2 {
		c.send(get)
		if _, body := c.response("GET"); body != "ok" {
			t.Errorf("got %q", body)
		}
		<-done
	}
}

// TestWriteErrorIsLeaving: a response that cannot be written ends the context of its request,
// also if nobody has waited for that.
func TestWriteErrorIsLeaving(t *testing.T) {
	arrived, left, result := make(chan bool), make(chan bool), make(chan error, 1)
	c := serving(t, func(w http.ResponseWriter, r *http.Request) {
		arrived <- true
		<-left
		var err error
		for err == nil {
			_, err = w.Write(make([]byte, 1<<20))
		}
		if r.Context().Err() == nil {
			err = nil
		}
		result <- err
	})
	c.send(get)
	<-arrived
	c.reset()
	left <- true
	if err := <-result; err == nil {
		t.Error("the context has not ended")
	}
}
