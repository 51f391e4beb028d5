package servetest

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// Get is a request as it stands on the wire.
const Get = "GET / HTTP/1.1\r\nHost: web\r\n\r\n"

// A Client is a client's end of a connection.
type Client struct {
	net.Conn
	In *bufio.Reader
}

// Dial connects to the server.
func (s *Server) Dial(t testing.TB) *Client {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	return &Client{conn, bufio.NewReader(conn)}
}

// Send sends bytes.
func (c *Client) Send(t testing.TB, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

// Response reads a response, and reports whether it says that the connection closes.
func (c *Client) Response(t testing.TB) (status int, last bool) {
	t.Helper()
	resp, err := http.ReadResponse(c.In, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode, resp.Close
}
