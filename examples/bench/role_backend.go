package main

import (
	"bytes"
	"fmt"
	"net"
)

const answerBytes = 1 << 10

// backend answers every request at once with answerBytes.
type backend struct{ listener net.Listener }

func newBackend(struct{}) (part, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	b := &backend{l}
	go b.accept()
	return b, nil
}

func (b *backend) accept() {
	answers := map[string][]byte{"GET /": answerOf(answerBytes)}
	for _, n := range bigAnswers() {
		answers[fmt.Sprintf("GET /%d ", n)] = answerOf(n)
	}
	for {
		c, err := b.listener.Accept()
		if err != nil {
			return
		}
		go serveBackend(c, answers)
	}
}

// bigAnswers are sizes of answers that the backend has besides, at paths with their names.
func bigAnswers() []int { return []int{64 << 10, 1 << 20} }

func answerOf(n int) []byte {
	return fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nServer: bench\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n"+
		"Content-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s", n, bytes.Repeat([]byte("x"), n))
}

// serveBackend answers requests without bodies until the peer goes away.
func serveBackend(c net.Conn, answers map[string][]byte) {
	defer c.Close()
	m := message{from: c}
	for {
		head, err := m.head()
		if err != nil {
			return
		}
		answer := answers["GET /"]
		for line, big := range answers {
			if len(line) > len("GET /") && bytes.HasPrefix(head, []byte(line)) {
				answer = big
			}
		}
		if err := m.skip(len(head)); err != nil {
			return
		}
		if _, err := c.Write(answer); err != nil {
			return
		}
	}
}

func (b *backend) ready() any               { return b.listener.Addr().String() }
func (b *backend) obey([]byte) (any, error) { return nil, nil }
func (b *backend) stop() (any, error)       { return nil, b.listener.Close() }
