package h1_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/h1"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/utilities"
	"github.com/meshhop/meshhop/router"
	outgoing "github.com/meshhop/meshhop/router/h1"
)

// FuzzHop: whatever comes, the backend of a hop gets whole requests that nobody can read in
// two ways, at most one for each that the server has read, and each is that one.
func FuzzHop(f *testing.F) {
	for _, r := range allRows(f) {
		if len(r.bytes) < 4000 {
			f.Add([]byte(r.bytes))
		}
	}
	hop := newPipedHop(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) <= 6<<10 {
			hop.wantRequests(t, in)
		}
	})
}

// TestHop has the seeds of the fuzz target pass the hop, and tells that enough do.
func TestHop(t *testing.T) {
	hop, passed := newPipedHop(t), 0
	for _, r := range allRows(t) {
		if len(r.bytes) < 4000 {
			passed += hop.wantRequests(t, []byte(r.bytes))
		}
	}
	if passed < 300 {
		t.Errorf("%d requests have come to the backend", passed)
	}
}

// pipedHop is a hop whose backend is a goroutine for each connection. It has one conversation
// at a time. Its requests have a field that tells which conversation they belong to, because
// one that the hop has given up can come to the backend later.
type pipedHop struct {
	handler http.Handler
	running sync.WaitGroup
	mark    string // the name of the field, which nobody can guess

	mu     sync.Mutex
	talk   int        // this conversation
	number int        // of the request that the handler has, of this conversation
	seen   []numbered // by the backend
	faults []string   // likewise
}

type numbered struct {
	number int
	*received
}

func newPipedHop(t testing.TB) *pipedHop {
	p := &pipedHop{mark: fmt.Sprintf("x-%016x", rand.Uint64())}
	names, err := router.New(router.Config{
		Dtab:        resolve.MustDtab("/svc => /$/inet/127.0.0.1/1"),
		Interpreter: utilities.Interpreter(utilities.Config{}),
		NewTransport: func(resolve.Address, router.TransportConfig) http.RoundTripper {
			transport, err := outgoing.New(outgoing.Config{Addr: "127.0.0.1:1", Dial: p.dial, OnlyUnsent: true})
			if err != nil {
				panic(err)
			}
			return transport
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = names.Close()
		p.running.Wait()
	})
	if p.handler, err = proxy.New(proxy.Config{Router: names}); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *pipedHop) dial(context.Context) (net.Conn, error) {
	near, far := net.Pipe()
	p.running.Go(func() { p.serve(far) })
	return near, nil
}

// serve is the backend on one connection.
func (p *pipedHop) serve(conn net.Conn) {
	defer conn.Close()
	for in := (&strict{bufio.NewReader(conn)}); ; {
		r, err := in.read(func() { _, _ = io.WriteString(conn, "HTTP/1.1 100 Continue\r\n\r\n") })
		p.mu.Lock()
		if err == nil {
			p.keep(r)
		} else if errors.As(err, new(errFaulty)) {
			p.faults = append(p.faults, err.Error())
		}
		p.mu.Unlock()
		if err != nil {
			return
		}
		if _, err := io.WriteString(conn, "HTTP/1.1 204 No Content\r\n\r\n"); err != nil {
			return
		}
	}
}

// keep records a request of this conversation.
func (p *pipedHop) keep(r *received) {
	for _, f := range r.fields {
		var talk, number int
		if n, _ := fmt.Sscanf(f, p.mark+": %d-%d", &talk, &number); n == 2 && talk == p.talk {
			p.seen = append(p.seen, numbered{number, r})
		}
	}
}

func (p *pipedHop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.number++
	r.Header.Set(p.mark, fmt.Sprintf("%d-%d", p.talk, p.number))
	p.mu.Unlock()
	p.handler.ServeHTTP(w, r)
}

// wantRequests checks what the backend gets of the bytes, and returns how many requests.
func (p *pipedHop) wantRequests(t *testing.T, in []byte) int {
	p.mu.Lock()
	p.talk++
	p.number, p.seen = -1, nil
	p.mu.Unlock()
	l := &one{make(chan net.Conn, 1), make(chan struct{})}
	s := h1.New(h1.Config{MaxHeadBytes: 8 << 10, Handler: p})
	conn := &inMemory{in: bytes.NewReader(in), closed: make(chan struct{})}
	l.conn <- conn
	served := make(chan error)
	go func() { served <- s.Serve(l) }()
	<-conn.closed
	close(l.end)
	<-served
	s.Close()

	p.mu.Lock()
	seen, faults := p.seen, p.faults
	p.mu.Unlock()
	if faults != nil {
		t.Fatalf("%q, or something before it: the backend got %q", in, faults)
	}
	ours := readByOurs(t, in)
	for i, r := range seen {
		if i > 0 && seen[i-1].number >= r.number || r.number >= len(ours) {
			t.Fatalf("%q: the backend got %q as number %d", in, r, r.number)
		}
		m := ours[r.number]
		if want := fmt.Sprintf("%q", r.body); m.body != want {
			t.Fatalf("%q: the backend got the body %s of request %d, and the server read %s", in, want, r.number, m.body)
		}
		method, _, _ := strings.Cut(r.line, " ")
		zoned := strings.HasPrefix(r.host, "[") // the zone of an address is not sent on (RFC 6874)
		if !strings.HasPrefix(m.head, method+" ") || !zoned && !strings.Contains(m.head, fmt.Sprintf(" host=%q ", r.host)) {
			t.Fatalf("%q: the backend got %q at %q of request %d, and the server read %s", in, r.line, r.host, r.number, m.head)
		}
	}
	return len(seen)
}
