package h1_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait")) // half a second, of the server beside ours
}

// client is the client's end of a connection.
type client struct {
	t testing.TB
	net.Conn
	in *bufio.Reader
}

func dial(t testing.TB, addr string) *client {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	return &client{t, conn, bufio.NewReader(conn)}
}

func (c *client) send(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		c.t.Fatal(err)
	}
}

// response reads a response to a method, with its body.
func (c *client) response(method string) (*http.Response, string) {
	c.t.Helper()
	resp, err := http.ReadResponse(c.in, &http.Request{Method: method})
	if err != nil {
		c.t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return resp, string(body)
}

// finish ends the client's side of the connection.
func (c *client) finish() {
	c.t.Helper()
	if err := c.Conn.(*net.TCPConn).CloseWrite(); err != nil {
		c.t.Fatal(err)
	}
}

// reset ends the connection without an orderly end.
func (c *client) reset() {
	_ = c.Conn.(*net.TCPConn).SetLinger(0)
	c.Close()
}

// wantEnd checks that the server ends the connection, in order.
func (c *client) wantEnd() {
	c.t.Helper()
	if rest, err := io.ReadAll(c.in); err != nil || len(rest) > 0 {
		c.t.Errorf("%q and %v at the end of the connection", rest, err)
	}
}

// shown is a response as tests compare it: without Date, and with its fields sorted.
func shown(resp *http.Response, body string, err error) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", resp.Proto, resp.Status)
	var fields []string
	for name, values := range resp.Header {
		if name != "Date" {
			fields = append(fields, name+": "+strings.Join(values, " + "))
		}
	}
	if len(resp.Header["Date"]) != 1 && resp.StatusCode < 400 && resp.StatusCode >= 200 {
		fields = append(fields, "no Date")
	}
	for name, values := range resp.Trailer {
		fields = append(fields, "trailer "+name+": "+strings.Join(values, " + "))
	}
	slices.Sort(fields)
	for _, f := range fields {
		fmt.Fprintf(&b, "; %s", f)
	}
	if resp.TransferEncoding != nil {
		b.WriteString("; chunked")
	}
	if len(body) > 300 {
		body = fmt.Sprintf("%s...(%d bytes)", body[:10], len(body))
	}
	fmt.Fprintf(&b, " | %s", body)
	if err != nil {
		fmt.Fprintf(&b, " (%v)", err)
	}
	quoted := strconv.QuoteToASCII(b.String())
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}

// probe is a request that shows that a connection is kept. The handler says "probed".
const probe = "GET /probe HTTP/1.1\r\nHost: probe\r\n\r\n"

// unended is what talk says if there is nothing more within its time.
const unended = "neither a response nor the end of the connection"

// talk sends bytes, which may be several requests, and returns the responses and how the
// connection goes on: "kept", if one more request is served on it, "closed", or "reset". methods are
// those of the requests, if they are not one GET. With a first method of "end", the client ends
// its side after the bytes.
func talk(t testing.TB, addr, bytes string, methods ...string) (responses []string) {
	t.Helper()
	c := dial(t, addr)
	defer c.Close()
	_, _ = io.WriteString(c, bytes) // which fails if the server has closed before all was sent
	ends := len(methods) > 0 && methods[0] == "end"
	if ends {
		_ = c.Conn.(*net.TCPConn).CloseWrite()
		methods = methods[1:]
	}
	probed := ends
	for finals := 0; finals < 10; {
		if finals > 0 && !probed {
			// There may be no response to what is left of the bytes.
			_ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
			if _, err := c.in.Peek(1); errors.Is(err, os.ErrDeadlineExceeded) {
				_, _ = io.WriteString(c, probe)
				probed = true
			}
			_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
		}
		method := http.MethodGet
		if finals < len(methods) {
			method = methods[finals]
		}
		resp, err := http.ReadResponse(c.in, &http.Request{Method: method})
		if err != nil {
			var e net.Error
			if errors.As(err, &e) && e.Timeout() {
				return append(responses, unended)
			}
			if errors.Is(err, syscall.ECONNRESET) {
				return append(responses, "reset")
			}
			return append(responses, "closed")
		}
		body, err := io.ReadAll(resp.Body)
		if string(body) == "probed" {
			return append(responses, "kept")
		}
		responses = append(responses, shown(resp, string(body), err))
		if resp.StatusCode < 200 && resp.StatusCode != http.StatusSwitchingProtocols {
			continue
		}
		if finals++; finals < max(len(methods), 1) && !resp.Close || probed {
			continue
		}
		if resp.Close {
			// A probe could have the system reset the connection before all is read.
			_ = c.SetReadDeadline(time.Now().Add(time.Second / 2))
			if _, err := c.in.Peek(1); !errors.Is(err, os.ErrDeadlineExceeded) {
				continue
			}
			_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
		}
		_, _ = io.WriteString(c, probe) // which fails if the connection is closed
		probed = true
	}
	t.Fatalf("too many responses: %q", responses)
	return nil
}
