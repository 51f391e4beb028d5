package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

// reply is what an attacker's request is answered.
type reply struct {
	first string
	after timing
	rest  string // a second write, if there is any
}

// timing is when the second write comes.
type timing int

const (
	atOnce timing = iota
	late
)

// lateness is what late means.
const lateness = 60 * time.Microsecond

// counted is a response with a body of n bytes and, in the same write, more.
func counted(n int, more string) reply {
	return reply{first: fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s%s", n, strings.Repeat("a", n), more)}
}

// bodiless is the head of a response, of a length, that has no body.
func bodiless(status string, length int) reply {
	head := "HTTP/1.1 " + status + "\r\n"
	for i := 0; len(head) < length; i++ {
		head += fmt.Sprintf("X-Padding-%d: %s\r\n", i, strings.Repeat("p", min(1000, length-len(head))))
	}
	return reply{first: head + "\r\n"}
}

func (r reply) then(at timing, rest string) reply {
	r.after, r.rest = at, rest
	return r
}

func (r reply) write(conn net.Conn) error {
	if _, err := io.WriteString(conn, r.first); err != nil || r.rest == "" {
		return err
	}
	if r.after == late {
		time.Sleep(lateness)
	}
	_, err := io.WriteString(conn, r.rest)
	return err
}

// attackPath is what the attackers ask for. The path of anybody else is the body
// of the response.
const attackPath = "/attack"

// surplusBackend sends its reply to attackers and answers the others well.
type surplusBackend struct {
	net.Listener
	reply reply

	mu      sync.Mutex
	open    map[net.Conn]bool
	closed  bool
	serving sync.WaitGroup
}

func newSurplusBackend(r reply) (*surplusBackend, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	b := &surplusBackend{Listener: l, reply: r, open: map[net.Conn]bool{}}
	b.serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if b.keep(conn) {
				b.serving.Go(func() { b.serve(conn) })
			}
		}
	})
	return b, nil
}

func (b *surplusBackend) addr() string { return b.Listener.Addr().String() }

func (b *surplusBackend) keep(conn net.Conn) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		conn.Close()
		return false
	}
	b.open[conn] = true
	return true
}

func (b *surplusBackend) serve(conn net.Conn) {
	defer func() {
		conn.Close()
		b.mu.Lock()
		delete(b.open, conn)
		b.mu.Unlock()
	}()
	in := bufio.NewReader(conn)
	for {
		path, err := readRequest(in)
		if err != nil {
			return
		}
		r := b.reply
		if path != attackPath {
			r = reply{first: fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(path), path)}
		}
		if r.write(conn) != nil {
			return
		}
	}
}

// readRequest reads a request without a body and returns its path.
func readRequest(in *bufio.Reader) (path string, err error) {
	for first := true; ; first = false {
		line, err := in.ReadString('\n')
		if err != nil {
			return "", err
		}
		if line == "\r\n" {
			return path, nil
		}
		if first {
			_, path, _ = strings.Cut(line, " ")
			path, _, _ = strings.Cut(path, " ")
		}
	}
}

func (b *surplusBackend) close() {
	b.Listener.Close()
	b.mu.Lock()
	b.closed = true
	for conn := range b.open {
		conn.Close()
	}
	b.mu.Unlock()
	b.serving.Wait()
}
