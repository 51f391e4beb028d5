package proxy_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// wireBackend is a backend that tells what it got.
type wireBackend struct {
	addr string
	got  chan sent
}

// sent is a request as it stood on the wire; header lines have no order. What
// differs from one request to the next is left out: ids and the time.
type sent struct {
	Line    string
	Header  []string
	Body    string
	Trailer http.Header
}

func startWire(t testing.TB) *wireBackend {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wireBackend{addr: l.Addr().String(), got: make(chan sent, 1)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			w.serve(conn)
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return w
}

// serve responds to one request: each comes on a connection of its own.
func (w *wireBackend) serve(conn net.Conn) {
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	var raw bytes.Buffer
	r, err := http.ReadRequest(bufio.NewReader(io.TeeReader(conn, &raw)))
	if err != nil {
		w.got <- sent{Line: "no request: " + err.Error()}
		return
	}
	if r.Header.Get("Expect") != "" {
		io.WriteString(conn, "HTTP/1.1 100 Continue\r\n\r\n")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		body = append(body, " and then: "+err.Error()...)
	}
	head, _, _ := strings.Cut(raw.String(), "\r\n\r\n")
	line, fields, _ := strings.Cut(head, "\r\n")
	s := sent{Line: line, Body: string(body), Trailer: r.Trailer}
	for field := range strings.SplitSeq(fields, "\r\n") {
		s.Header = append(s.Header, withoutIDs(field))
	}
	slices.Sort(s.Header)
	w.got <- s
	io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

// take is what was got last; nothing, if nothing was.
func (w *wireBackend) take() (s sent) {
	select {
	case s = <-w.got:
	default:
	}
	return s
}

func withoutIDs(field string) string {
	name, value, _ := strings.Cut(field, ": ")
	switch name {
	case "l5d-ctx-trace":
		raw, err := base64.StdEncoding.DecodeString(value)
		if err != nil || len(raw) < 32 {
			return field
		}
		return fmt.Sprintf("%s: %d bytes, flags %x", name, len(raw), raw[24:32])
	case "l5d-ctx-deadline":
		_, deadline, _ := strings.Cut(value, " ")
		return name + ": " + deadline
	case "l5d-reqid", "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid":
		return fmt.Sprintf("%s: %d digits", name, len(value))
	case "traceparent":
		return fmt.Sprintf("%s: %d characters, flags %s", name, len(value), value[max(0, len(value)-2):])
	}
	return field
}
