package proxy_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestUpgrade(t *testing.T) {
	h := startHop(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Connection") != "Upgrade" || r.Header.Get("Upgrade") != "websocket" || r.Header.Get("Sec-Websocket-Key") == "" {
			t.Errorf("backend got %v", r.Header)
		}
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: yes\r\n\r\nwelcome\n")
		for {
			line, err := buffered.ReadString('\n')
			if err != nil {
				return
			}
			io.WriteString(conn, "echo "+line)
		}
	})))
	conn, err := net.Dial("tcp", h.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	// The first frame comes on the heels of the request.
	io.WriteString(conn, "GET /chat HTTP/1.1\r\nHost: web\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\none\n")
	in := bufio.NewReader(conn)
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != 101 || resp.Header.Get("Upgrade") != "websocket" || resp.Header.Get("Sec-Websocket-Accept") != "yes" || resp.Header.Get("Via") != "1.1 linkerd" {
		t.Fatalf("got %d %v", resp.StatusCode, resp.Header)
	}
	for _, want := range []string{"welcome\n", "echo one\n"} {
		if got, err := in.ReadString('\n'); got != want {
			t.Fatalf("got %q (%v), want %q", got, err, want)
		}
	}
	io.WriteString(conn, "two\n")
	if got, err := in.ReadString('\n'); got != "echo two\n" {
		t.Fatalf("got %q (%v)", got, err)
	}
	conn.Close()
	waitFor(t, "the upgraded request to end", func() bool { return h.server.Stats().ByClass[1] == 1 && h.server.Stats().Pending == 0 })
}

func TestUpgradeToAnotherProtocol(t *testing.T) {
	h := startHop(t, rawBackend(t, func(string) string {
		return "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n"
	}))
	head, body := h.exchange(t, "GET / HTTP/1.1\r\nHost: web\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n")
	if !strings.HasPrefix(head, "HTTP/1.1 502 ") || !strings.Contains(body, `"other"`) {
		t.Errorf("got %s\n\n%s", head, body)
	}
}

// TestProtocolsToSwitchTo: which may be asked for, and which the endpoint may
// choose.
func TestProtocolsToSwitchTo(t *testing.T) {
	for _, test := range []struct{ name, asked, passed, chosen, status string }{
		{"the first of a list", "websocket, other", "websocket, other", "websocket", "101"},
		{"the last of several lines", "one\r\nUpgrade: WebSocket", "one, WebSocket", "websocket", "101"},
		{"none of them", "one, two", "one, two", "three", "502"},
		// Over it a client would reach the endpoint past this hop.
		{"HTTP/2 is not", "h2c", "", "", "200"},
		{"HTTP/2 among others is not", "H2C, websocket", "websocket", "websocket", "101"},
		{"a draft of it is not", "h2c-14", "", "", "200"},
		{"with a parameter it is not", "h2c;q=1", "", "", "200"},
		{"with a version it is not", "h2c/2", "", "", "200"},
		{"in quotes it is not", `"h2c"`, "", "", "200"},
		{"by its other name it is not", "HTTP/2.0", "", "", "200"},
		{"nor in the clear or by a draft", "h2-14, h2, h3", "", "", "200"},
		{"TLS is not", "TLS/1.0, HTTP/1.1", "", "", "200"},
		{"what is no protocol is not", "web socket, a/b/c, (c), /1, d/, ", "", "", "200"},
		{"all of that among others is not", "h2c-14,, h2c;q=1, foo/1 , \"h2c\",\tHTTP/2.0, websocket", "foo/1, websocket", "websocket", "101"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got string
			h := startHop(t, rawBackend(t, func(head string) string {
				got = head
				if test.chosen == "" {
					return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" + closeMark
				}
				return "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: " + test.chosen + "\r\n\r\n" + closeMark
			}))
			conn := h.dial(t)
			io.WriteString(conn, "GET / HTTP/1.1\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: "+test.asked+"\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n")
			line, err := bufio.NewReader(conn).ReadString('\n')
			if err != nil || !strings.HasPrefix(line, "HTTP/1.1 "+test.status+" ") {
				t.Errorf("got %q (%v)", line, err)
			}
			if lines(got, "HTTP2-Settings") != nil {
				t.Errorf("the endpoint got HTTP2-Settings:\n%s", got)
			}
			if passed := strings.Join(lines(got, "Upgrade"), "|"); passed != test.passed {
				t.Errorf("the endpoint was asked for %q, want %q", passed, test.passed)
			}
		})
	}
}

// TestUpgradeInTheBody: connections are not joined while a transport still
// reads the request's body from one of them.
func TestUpgradeInTheBody(t *testing.T) {
	h := startHop(t, rawBackend(t, func(string) string {
		return "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
	}))
	conn := h.dial(t)
	io.WriteString(conn, "POST / HTTP/1.1\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 10\r\n\r\nhello")
	response, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(response), "HTTP/1.1 502 ") {
		t.Errorf("got %q (%v)", response, err)
	}
}
