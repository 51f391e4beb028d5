package serve_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/meshhop/meshhop/proxy/internal/servetest"
	"github.com/meshhop/meshhop/proxy/serve"
)

// raw is a client of HTTP/2 that sends frames as it is told.
type raw struct {
	net.Conn
	*http2.Framer
	t    testing.TB
	text bytes.Buffer
	enc  *hpack.Encoder
}

// dialRaw connects, and sends the preface and the settings.
func dialRaw(t testing.TB, addr string, settings ...http2.Setting) *raw {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	return newRaw(t, c, settings...)
}

func newRaw(t testing.TB, c net.Conn, settings ...http2.Setting) *raw {
	t.Helper()
	t.Cleanup(func() { c.Close() })
	r := &raw{Conn: c, Framer: http2.NewFramer(c, c), t: t}
	r.AllowIllegalWrites = true
	r.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	r.enc = hpack.NewEncoder(&r.text)
	if _, err := io.WriteString(c, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	r.must(r.WriteSettings(settings...))
	return r
}

// bubble is a server in a bubble of time, where it has no sockets.
type bubble struct {
	*serve.Server
	network *servetest.Network
	served  chan error
}

func startInBubble(handler http.Handler, config serve.Config) *bubble {
	b := &bubble{newServer(handler, config), servetest.NewNetwork(), make(chan error, 1)}
	go func() { b.served <- b.Serve(b.network) }()
	return b
}

// dial connects. What comes is read ahead, as from a socket.
func (b *bubble) dial(t testing.TB, settings ...http2.Setting) *raw {
	near, _ := b.network.Dial()
	c := &ahead{Conn: near}
	c.change.L = &c.mu
	go c.run()
	return newRaw(t, c, settings...)
}

// shutdown drains the server, and waits until it serves no more.
func (b *bubble) shutdown(grace time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	return errors.Join(b.Shutdown(ctx), <-b.served)
}

// ahead is a connection that is read whether or not somebody wants what comes.
type ahead struct {
	net.Conn
	mu     sync.Mutex
	change sync.Cond
	text   bytes.Buffer
	err    error
}

func (c *ahead) run() {
	p := make([]byte, 16<<10)
	for c.err == nil {
		n, err := c.Conn.Read(p)
		c.mu.Lock()
		c.text.Write(p[:n])
		c.err = err
		c.change.Broadcast()
		c.mu.Unlock()
	}
}

func (c *ahead) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.text.Len() == 0 {
		if c.err != nil {
			return 0, c.err
		}
		c.change.Wait()
	}
	return c.text.Read(p)
}

func (r *raw) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// header is a header with some fields, "name: value".
func (r *raw) header(path string, fields ...string) []byte {
	r.text.Reset()
	method := "GET"
	if strings.HasPrefix(path, "POST ") {
		method, path = "POST", path[5:]
	}
	for _, f := range append([]string{":method: " + method, ":scheme: http", ":authority: web", ":path: " + path}, fields...) {
		at := strings.Index(f[1:], ": ") + 1
		r.must(r.enc.WriteField(hpack.HeaderField{Name: f[:at], Value: f[at+2:]}))
	}
	return bytes.Clone(r.text.Bytes())
}

// request sends a request without a body.
func (r *raw) request(id uint32) error {
	return r.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: r.header("/"), EndStream: true, EndHeaders: true})
}

// open begins a request.
func (r *raw) open(id uint32, end bool, path string, fields ...string) {
	r.t.Helper()
	r.must(r.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: r.header(path, fields...), EndStream: end, EndHeaders: true}))
}

// until reads frames until one is wanted, and returns that. It acknowledges settings.
func (r *raw) until(wanted func(http2.Frame) bool) http2.Frame {
	r.t.Helper()
	for {
		f, err := r.ReadFrame()
		if err != nil {
			r.t.Fatal(err)
		}
		if s, ok := f.(*http2.SettingsFrame); ok && !s.IsAck() {
			_ = r.WriteSettingsAck() // the server may have gone
		}
		if wanted(f) {
			return f
		}
	}
}

// status waits for the final response on a stream, and returns its status.
func (r *raw) status(id uint32) string {
	r.t.Helper()
	f := r.until(func(f http2.Frame) bool {
		h, ok := f.(*http2.MetaHeadersFrame)
		return ok && f.Header().StreamID == id && h.PseudoValue("status") >= "2"
	})
	return f.(*http2.MetaHeadersFrame).PseudoValue("status")
}

// reset waits until a stream is reset, and returns why.
func (r *raw) reset(id uint32) http2.ErrCode {
	r.t.Helper()
	f := r.until(func(f http2.Frame) bool {
		_, ok := f.(*http2.RSTStreamFrame)
		return ok && f.Header().StreamID == id
	})
	return f.(*http2.RSTStreamFrame).ErrCode
}

// goAway waits for a GOAWAY.
func (r *raw) goAway() (last uint32, code http2.ErrCode) {
	r.t.Helper()
	f := r.until(func(f http2.Frame) bool { _, ok := f.(*http2.GoAwayFrame); return ok }).(*http2.GoAwayFrame)
	return f.LastStreamID, f.ErrCode
}

// wantEnd waits until the server has closed the connection.
func (r *raw) wantEnd() {
	r.t.Helper()
	for {
		_, err := r.ReadFrame()
		if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
			r.t.Fatal("the connection is open")
		}
		if _, isStream := err.(http2.StreamError); err != nil && !isStream {
			return
		}
	}
}
