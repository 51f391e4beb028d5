package h1_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/serve"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/utilities"
	"github.com/meshhop/meshhop/router"
)

// rawBackend records the requests that it got, and what was none. It says "ok" to each.
type rawBackend struct {
	net.Listener
	mu     sync.Mutex
	seen   []string
	faults []string
	conns  sync.WaitGroup
}

func startRawBackend(t testing.TB) *rawBackend {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &rawBackend{Listener: l}
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			b.conns.Go(func() { b.serve(conn) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		accepting.Wait()
		b.conns.Wait()
	})
	return b
}

func (b *rawBackend) serve(conn net.Conn) {
	defer conn.Close()
	for in := (&strict{bufio.NewReader(conn)}); ; {
		r, err := in.read(func() { _, _ = io.WriteString(conn, "HTTP/1.1 100 Continue\r\n\r\n") })
		if err != nil {
			if errors.As(err, new(errFaulty)) {
				b.mu.Lock()
				b.faults = append(b.faults, err.Error())
				b.mu.Unlock()
			}
			return
		}
		body := "ok"
		if strings.HasPrefix(r.line, "GET /probe ") {
			body = "probed"
		} else {
			b.mu.Lock()
			b.seen = append(b.seen, shortened(withoutHop(r)))
			b.mu.Unlock()
		}
		head := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", len(body))
		if strings.HasPrefix(r.line, "HEAD ") {
			body = ""
		}
		_, _ = io.WriteString(conn, head+body)
	}
}

// withoutHop is a request without what each hop adds.
func withoutHop(r *received) string {
	r.fields = slices.DeleteFunc(r.fields, func(f string) bool {
		return strings.HasPrefix(f, "l5d-ctx-trace: ") || strings.HasPrefix(f, "l5d-reqid: ") || strings.HasPrefix(f, "l5d-dst-") || strings.HasPrefix(f, "via: 1.")
	})
	return r.String()
}

func shortened(s string) string {
	if len(s) > 400 {
		return fmt.Sprintf("%s...(%d bytes)", s[:60], len(s))
	}
	return s
}

// take returns what was recorded since it was last called.
func (b *rawBackend) take() (seen, faults []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	seen, faults = b.seen, b.faults
	b.seen, b.faults = nil, nil
	return seen, faults
}

// startHop starts a hop whose names all lead to the backend, and returns its address.
func startHop(t *testing.T, backend *rawBackend, engine serve.Engine) string {
	t.Helper()
	names, err := router.New(router.Config{
		Dtab:        resolve.MustDtab("/svc => /$/inet/127.0.0.1/" + portOf(t, backend.Addr().String())),
		Interpreter: utilities.Interpreter(utilities.Config{}),
	})
	if err != nil {
		t.Fatal(err)
	}
	handler, err := proxy.New(proxy.Config{Router: names})
	if err != nil {
		t.Fatal(err)
	}
	s := serve.New(handler, serve.Config{Engine: engine, MaxConnections: -1})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := errors.Join(s.Shutdown(ctx), <-served, names.Close()); err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// TestRawHop has each row go through a whole hop. testdata/hop.txt says what its client
// got, and what the backend saw. Over either server the backend sees as many requests as the
// client gets responses of it, and nothing that is none.
func TestRawHop(t *testing.T) {
	// Two: net/http's server ends a request whose client has ended its side, which the backend
	// may get all the same, but later.
	backend, other := startRawBackend(t), startRawBackend(t)
	ours, theirs := startHop(t, backend, serve.H1), startHop(t, other, serve.NetHTTP)
	var all strings.Builder
	for _, r := range allRows(t) {
		if strings.Contains(r.bytes, "/expect-nothing") || strings.Contains(r.bytes, "Length: 300000\r\n") || strings.Contains(r.bytes, "Length: 400000\r\n\r\nGET") {
			continue // the backend would wait for a body that never comes
		}
		conversation(t, theirs, r, func() {})
		if _, faults := other.take(); faults != nil {
			t.Errorf("%s: from net/http's server the backend got %q", r.name, faults)
		}
		got := conversation(t, ours, r, func() { backend.take() })
		seen, faults := backend.take()
		if faults != nil {
			t.Errorf("%s: the backend got %q", r.name, faults)
		}
		served := 0
		fmt.Fprintln(&all, r.name)
		for _, line := range got {
			line = briefly(line)
			if strings.HasPrefix(line, "200") {
				served++
			}
			fmt.Fprintf(&all, "    %s\n", line)
		}
		if served != len(seen) {
			t.Errorf("%s: the backend got %d requests, the client %d responses of it:\n%q\n%q", r.name, len(seen), served, seen, got)
		}
		for _, line := range seen {
			fmt.Fprintf(&all, "    > %s\n", line)
		}
		all.WriteString("\n")
	}
	compare(t, filepath.Join("testdata", "hop.txt"), all.String())
}

// briefly is a response without its fields and, unless it is the backend's, its body.
func briefly(response string) string {
	status, ok := strings.CutPrefix(response, "HTTP/1.")
	if !ok {
		return response // kept, or closed
	}
	_, body, _ := strings.Cut(response, " | ")
	if status = status[2:5]; status == "200" && body != "" {
		status += " " + body
	}
	return status
}
