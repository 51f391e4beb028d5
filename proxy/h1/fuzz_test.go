package h1_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy/h1"
)

// inMemory is a connection that has input to its end, and drops what is written.
type inMemory struct {
	net.Conn
	in     io.Reader
	closed chan struct{}
	once   sync.Once
}

type noAddr struct{}

func (noAddr) Network() string { return "none" }
func (noAddr) String() string  { return "none" }

func (c *inMemory) Read(p []byte) (int, error)       { return c.in.Read(p) }
func (c *inMemory) Write(p []byte) (int, error)      { return len(p), nil }
func (c *inMemory) SetReadDeadline(time.Time) error  { return nil }
func (c *inMemory) SetWriteDeadline(time.Time) error { return nil }
func (c *inMemory) SetDeadline(time.Time) error      { return nil }
func (c *inMemory) CloseWrite() error                { return c.Close() } // so that nobody waits for half a second
func (c *inMemory) LocalAddr() net.Addr              { return noAddr{} }
func (c *inMemory) RemoteAddr() net.Addr             { return noAddr{} }
func (c *inMemory) Close() error                     { c.once.Do(func() { close(c.closed) }); return nil }

// one accepts one connection.
type one struct {
	conn chan net.Conn
	end  chan struct{}
}

func (l *one) Accept() (net.Conn, error) {
	select {
	case c := <-l.conn:
		return c, nil
	case <-l.end:
		return nil, net.ErrClosed
	}
}
func (l *one) Close() error   { return nil }
func (l *one) Addr() net.Addr { return noAddr{} }

// message is what a server has read.
type message struct{ head, body string }

// readByOurs returns the requests that the server reads of the bytes.
func readByOurs(t testing.TB, bytes []byte) (all []message) {
	l := &one{make(chan net.Conn, 1), make(chan struct{})}
	s := h1.New(h1.Config{MaxHeadBytes: 8 << 10, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		all = append(all, readMessage(r))
	}), Refuse: func(w http.ResponseWriter, r *http.Request, status int, reason error) {
		if status < 400 || reason == nil || r.Body != http.NoBody || len(r.RequestURI) > len(bytes) {
			t.Errorf("%q was refused with %d, %v, %q", bytes, status, reason, r.RequestURI)
		}
		if len(r.Header)%2 > 0 { // or the server answers by itself
			http.Error(w, reason.Error(), status)
		}
	}})
	conn := &inMemory{in: strings.NewReader(string(bytes)), closed: make(chan struct{})}
	l.conn <- conn
	served := make(chan error)
	go func() { served <- s.Serve(l) }()
	<-conn.closed
	close(l.end)
	if err := <-served; err != net.ErrClosed {
		t.Fatal(err)
	}
	s.Close()
	return all
}

// readByTheirs returns the requests that http.ReadRequest reads of them, up to one that
// net/http's server would refuse.
func readByTheirs(in []byte) (all []message) {
	r := bufio.NewReaderSize(bytes.NewReader(in), 64<<10)
	for {
		for range 4 { // which the server ignores
			if empty, _ := r.Peek(2); string(empty) == "\r\n" {
				_, _ = r.Discard(2)
			}
		}
		req, err := http.ReadRequest(r)
		if err != nil {
			return all
		}
		m := readMessage(req)
		all = append(all, m)
		if strings.HasSuffix(m.body, " broken") || req.Close {
			return all
		}
	}
}

func readMessage(r *http.Request) message {
	body, err := io.ReadAll(r.Body)
	header := maps.Clone(r.Header)
	delete(header, "Host") // the server removes it
	// What http.ReadRequest adds to a Pragma, and what it makes of an unknown minor version.
	if p := header["Pragma"]; len(p) > 0 && p[0] == "no-cache" && header["Cache-Control"] == nil {
		header["Cache-Control"] = []string{"no-cache"}
	}
	var fields []string
	for name, values := range header {
		fields = append(fields, fmt.Sprintf("%s: %q", name, values))
	}
	slices.Sort(fields)
	m := message{
		fmt.Sprintf("%s %s %d.%d host=%q url=%v path=%q raw=%q query=%q force=%v length=%d coding=%v close=%v %v", r.Method, r.RequestURI, r.ProtoMajor, min(r.ProtoMinor, 1),
			r.Host, r.URL, r.URL.Path, r.URL.RawPath, r.URL.RawQuery, r.URL.ForceQuery, r.ContentLength, r.TransferEncoding, r.Close, fields),
		fmt.Sprintf("%q", body),
	}
	if err != nil {
		m.body += " broken"
	}
	return m
}

// FuzzRequests: what the server reads of any bytes, http.ReadRequest reads as well: the
// same requests in the same places. The server may refuse more, and it may stop earlier.
func FuzzRequests(f *testing.F) {
	for _, r := range allRows(f) {
		if len(r.bytes) < 4000 {
			f.Add([]byte(r.bytes))
		}
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) <= 6<<10 { // net/http's limits of trailers differ
			wantSameReading(t, in)
		}
	})
}

// wantSameReading checks that the server reads nothing of the bytes that http.ReadRequest
// reads otherwise. It returns how many requests each of them has read.
func wantSameReading(t *testing.T, in []byte) (ours, theirs int) {
	our, their := readByOurs(t, in), readByTheirs(in)
	for i, m := range our {
		switch {
		case i >= len(their):
			t.Fatalf("%q: message %d is %q, and none to http.ReadRequest", in, i, m)
		case m != their[i]:
			if strings.HasSuffix(m.body, " broken") && m.head == their[i].head {
				break // it refuses a chunk that the other one takes, and reads no further
			}
			t.Fatalf("%q: message %d is\n%q and not\n%q", in, i, m, their[i])
		}
	}
	return len(our), len(their)
}
