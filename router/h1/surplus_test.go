package h1_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/router/h1"
)

// readers are ways to read a body, which differ in what bypasses the transport's buffer.
var readers = map[string]func(t *testing.T, resp *http.Response){
	"Read": func(t *testing.T, resp *http.Response) { readAll(t, resp) },
	"Read into a large buffer": func(t *testing.T, resp *http.Response) {
		defer resp.Body.Close()
		all := make([]byte, 1<<20)
		if _, err := io.ReadFull(resp.Body, all); err != io.ErrUnexpectedEOF {
			t.Error(err)
		}
	},
	"WriteTo": func(t *testing.T, resp *http.Response) {
		defer resp.Body.Close()
		if _, err := resp.Body.(io.WriterTo).WriteTo(writerOnly{io.Discard}); err != nil {
			t.Error(err)
		}
	},
	"WriteTo a ReaderFrom": func(t *testing.T, resp *http.Response) {
		defer resp.Body.Close()
		if _, err := resp.Body.(io.WriterTo).WriteTo(new(bytes.Buffer)); err != nil {
			t.Error(err)
		}
	},
	"WriteTo a TCP connection": func(t *testing.T, resp *http.Response) {
		defer resp.Body.Close()
		near, far := tcpPair(t)
		skipped := make(chan bool)
		go func() { defer close(skipped); _, _ = io.Copy(io.Discard, far) }()
		if _, err := resp.Body.(io.WriterTo).WriteTo(near); err != nil {
			t.Error(err)
		}
		near.Close()
		<-skipped
	},
}

type writerOnly struct{ io.Writer }

// tcpPair returns the two ends of a connection.
func tcpPair(t testing.TB) (near, far *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	other, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(); other.Close() })
	return conn.(*net.TCPConn), other.(*net.TCPConn)
}

// opaque is a connection that cannot be peeked at.
type opaque struct{ net.Conn }

// TestSurplus: bytes that a peer sends after the end of a response, in the same write, are
// never taken for the next response, whatever its length is and however it is read.
func TestSurplus(t *testing.T) {
	const foreign = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nforeign"
	head := func(n int) string { return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", n) }
	sizes := []int{1, 100, 4096, 8192 - len(head(8000)), 8192, 8193, 9000, 16384, 65536, 65600, 200 << 10}
	for _, surplus := range []string{foreign, "\r\n", "x"} {
		for _, chunked := range []bool{false, true} {
			for reader, read := range readers {
				for _, looks := range []bool{true, false} {
					name := fmt.Sprintf("%q/chunked=%v/%s/looks=%v", surplus[:1], chunked, reader, looks)
					t.Run(name, func(t *testing.T) {
						for _, n := range sizes {
							body := strings.Repeat("b", n)
							response := head(n) + body
							if chunked {
								response = fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", n, body)
							}
							ps := newPeers(t, func(p *peer) {
								for line := p.head(); line != ""; line = p.head() {
									if p.number == 1 {
										p.send(response + surplus)
									} else {
										p.send(okResponse)
									}
								}
							})
							config := h1.Config{Addr: ps.addr}
							if !looks {
								config.Dial = func(ctx context.Context) (net.Conn, error) {
									conn, err := new(net.Dialer).DialContext(ctx, "tcp", ps.addr)
									return opaque{conn}, err
								}
							}
							transport := newTransport(t, config)
							read(t, roundTrip(t, transport, newRequest(t, "GET", nil)))
							resp, err := transport.RoundTrip(newRequest(t, "GET", nil))
							if err != nil {
								t.Errorf("%d bytes: the next request failed: %v", n, err)
								continue
							}
							if got := readAll(t, resp); got != "hi" {
								t.Errorf("%d bytes: the next request got the response %.20q", n, got)
							}
						}
					})
				}
			}
		}
	}
}
