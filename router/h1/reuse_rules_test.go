package h1_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/router/h1"
)

// reuseRules are the rules by which a connection is used again, from 1 on: it serves a
// further request only if all of them hold, and is closed otherwise. To check a connection
// is to ask the system, without reading, whether the peer closed it or sent something; in
// both cases it is closed.
func reuseRules() []string {
	return []string{
		`The response ended where its framing says: at its Content-Length, after the trailer
		section of its last chunk, or with its head if it is a response to HEAD, a 204, a 304
		or of length 0. A response that ends with its connection is the last one.`,
		`The framing is unambiguous: not both Content-Length and Transfer-Encoding, and in a
		204 no length other than 0 and no encoding (RFC 9110 section 8.6, RFC 9112 section
		6.3).`,
		`No byte came after the end. If the last read filled its buffer entirely, as a read
		directly into the caller's buffer does when it ends with the body, the connection is
		checked once. On a connection that cannot be checked, reads leave room for further
		bytes, and it is closed if that room was used.`,
		`The request was written entirely, before the response ended or within 50
		milliseconds after it if its last write had begun; and if the request waited for 100
		Continue, its body was wanted.`,
		`Neither side sent "close", and a peer of HTTP/1.0 sent "keep-alive".`,
		`If the body was closed before its end, the rest of it had already arrived.`,
		`Informational responses change nothing, up to 32 of them. After 101 and after 2xx
		to CONNECT the connection belongs to the caller for good.`,
		`The exchange did not fail, and its context did not end before the response.`,
		`The connection is younger than MaxLifetime and was idle for less than IdleTimeout
		and SessionIdleTimeout, both when it becomes idle and when it is taken.`,
		`It is checked when it is taken, unless it became idle less than 100 microseconds
		ago. So bytes that come within that time can be taken for a response.`,
		`After a response without a body it is always checked when it is taken: a peer that
		wrongly sends a body sends it then.`,
		`A peer that sent unasked bytes on a connection that was idle for less than a second
		is not trusted for a minute: its connections are always checked and, unless MaxConns
		is reached, rest for 5 milliseconds first while others are made. Stats.Unasked counts
		such connections.`,
		`A connection that cannot be checked (no syscall.Conn, or not on Unix) is read for a
		millisecond instead if it was idle for a second, and is otherwise trusted.`,
		`Of the idle connections the one used last is taken, so that the others can expire;
		under rule 12 the one that has been idle for longest.`,
		`A request that asks for a connection that never served gets none of these.`,
	}
}

// reuseRow is an exchange, and whether its connection is used again.
type reuseRow struct {
	rule     int // of reuseRules, from 1
	name     string
	response string
	method   string
	body     io.Reader
	length   int64 // of the body, if its type does not say it
	change   func(*http.Request)
	config   h1.Config
	opaque   bool                             // the connection cannot be peeked at
	read     func(*testing.T, *http.Response) // default: to the end
	late     string                           // bytes that the peer sends a moment after the response
	wait     time.Duration                    // until the next request
	fails    bool                             // RoundTrip fails
	kept     bool
}

func okWith(head string, n int) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n%s", head, n, strings.Repeat("b", n))
}

func reuseRows() []reuseRow {
	const (
		chunks  = "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n"
		chunked = "HTTP/1.1 200 OK\r\n" + chunks + "\r\n"
		settled = 20 * time.Millisecond // enough for bytes to arrive
	)
	closeEarly := func(t *testing.T, resp *http.Response) { resp.Body.Close() }
	expect := func(r *http.Request) { r.Header.Set("Expect", "100-continue") }
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	return []reuseRow{
		{rule: 1, name: "Content-Length", response: okWith("", 2), kept: true},
		{rule: 1, name: "large", response: okWith("", 300<<10), kept: true},
		{rule: 1, name: "to the last byte of the buffer", response: okWith("", 8<<10-len(okWith("", 8000))+8000), kept: true},
		{rule: 1, name: "chunked", response: chunked, kept: true},
		{rule: 1, name: "chunked with a trailer", response: "HTTP/1.1 200 OK\r\n" + chunks + "X-Sum: 1\r\n\r\n", kept: true},
		{rule: 1, name: "to HEAD", method: "HEAD", response: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", kept: true},
		{rule: 1, name: "204", response: "HTTP/1.1 204 No Content\r\n\r\n", kept: true},
		{rule: 1, name: "304", response: "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n", kept: true},
		{rule: 1, name: "length 0", response: okWith("", 0), kept: true},
		{rule: 1, name: "to the end of the connection", response: "HTTP/1.1 200 OK\r\n\r\nhi"},
		{rule: 2, name: "both framings", response: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + chunks + "\r\n"},
		{rule: 2, name: "both framings, closed unread", response: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + chunks + "\r\n", read: closeEarly},
		{rule: 2, name: "a 204 with a length", response: "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n"},
		{rule: 2, name: "a 204 with length 0", response: "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", kept: true},
		{rule: 2, name: "a chunked 204", response: "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"},
		{rule: 3, name: "a byte more", response: okWith("", 2) + "x"},
		{rule: 3, name: "a byte more after a large one", response: okWith("", 300<<10) + "x"},
		{rule: 3, name: "a byte more after a trailer", response: chunked + "x"},
		{rule: 3, name: "a byte more, to HEAD", method: "HEAD", response: okWith("", 2)},
		{rule: 3, name: "a byte more, cannot be peeked at", response: okWith("", 300<<10) + "x", opaque: true},
		{rule: 3, name: "no byte more, cannot be peeked at", response: okWith("", 300<<10), opaque: true, kept: true},
		{rule: 4, name: "a body in one write", method: "POST", body: strings.NewReader("body"), response: okWith("", 2), kept: true},
		{rule: 4, name: "a body that is streamed", method: "POST", body: onlyReader{strings.NewReader("body")}, length: 4, response: okWith("", 2), kept: true},
		{rule: 4, name: "a body that does not end", method: "POST", body: neverEnding(), length: -1, response: okWith("", 2)},
		{rule: 4, name: "a body that was not wanted", method: "POST", body: strings.NewReader("body"), change: expect, response: "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n"},
		{rule: 5, name: "the response says close", response: okWith("Connection: close\r\n", 2)},
		{rule: 5, name: "the response says close among others", response: okWith("Connection: x, Close\r\n", 2)},
		{rule: 5, name: "the response says close, closed unread", response: okWith("Connection: close\r\n", 2), read: closeEarly},
		{rule: 5, name: "the request says close", change: header("Connection", "close"), response: okWith("", 2)},
		{rule: 5, name: "Request.Close", change: func(r *http.Request) { r.Close = true }, response: okWith("", 2)},
		{rule: 5, name: "HTTP/1.0", response: strings.Replace(okWith("", 2), "1.1", "1.0", 1)},
		{rule: 5, name: "HTTP/1.0 with keep-alive", response: strings.Replace(okWith("Connection: keep-alive\r\n", 2), "1.1", "1.0", 1), kept: true},
		{rule: 6, name: "the rest has arrived", response: okWith("", 2), read: closeEarly, kept: true},
		{rule: 6, name: "the rest has not arrived", response: okWith("", 300<<10), read: closeEarly},
		{rule: 7, name: "100 that was not asked for", response: "HTTP/1.1 100 Continue\r\n\r\n" + okWith("", 2), kept: true},
		{rule: 7, name: "32 of them", response: strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 32) + okWith("", 2), kept: true},
		{rule: 7, name: "101", response: "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
			change: func(r *http.Request) { r.Header.Set("Connection", "upgrade"); r.Header.Set("Upgrade", "x") }, read: closeEarly},
		{rule: 7, name: "2xx to CONNECT", method: "CONNECT", response: "HTTP/1.1 200 OK\r\n\r\n", read: closeEarly},
		{rule: 8, name: "a malformed response", response: "HTTP/1.1 2OO OK\r\n\r\n", fails: true},
		{rule: 8, name: "a malformed chunk", response: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhiX\n0\r\n\r\n", read: wantBroken},
		{rule: 8, name: "the context ended", response: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi", change: func(r *http.Request) {
			ctx, cancel := context.WithTimeout(r.Context(), settled)
			context.AfterFunc(ctx, cancel)
			*r = *r.WithContext(ctx)
		}, read: wantBroken},
		{rule: 9, name: "older than MaxLifetime", response: okWith("", 2), config: h1.Config{MaxLifetime: settled}, wait: 2 * settled},
		{rule: 9, name: "older than IdleTimeout", response: okWith("", 2), config: h1.Config{IdleTimeout: settled}, wait: 2 * settled},
		{rule: 9, name: "older than SessionIdleTimeout", response: okWith("", 2), config: h1.Config{SessionIdleTimeout: settled, MinIdle: 1}, wait: 2 * settled},
		{rule: 9, name: "younger than all", response: okWith("", 2), config: h1.Config{MaxLifetime: time.Hour, IdleTimeout: time.Hour, SessionIdleTimeout: time.Hour}, wait: settled, kept: true},
		{rule: 10, name: "bytes came late", response: okWith("", 2), late: "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nforeign", wait: settled},
		{rule: 10, name: "no bytes came late", response: okWith("", 2), wait: settled, kept: true},
	}
}

func neverEnding() io.Reader { r, _ := io.Pipe(); return r }

func wantBroken(t *testing.T, resp *http.Response) {
	if _, err := io.ReadAll(resp.Body); err == nil {
		t.Error("the response was accepted")
	}
	resp.Body.Close()
}

// TestReuseRules: one or more rows for each rule that concerns one exchange. The other
// rules have tests of their own below.
func TestReuseRules(t *testing.T) {
	tested := map[int]bool{11: true, 12: true, 13: true, 14: true, 15: true}
	for _, row := range reuseRows() {
		tested[row.rule] = true
		t.Run(fmt.Sprintf("rule %d: %s", row.rule, row.name), func(t *testing.T) {
			release := make(chan bool, 1)
			ps := newPeers(t, func(p *peer) {
				if p.head() == "" {
					return
				}
				if p.number > 1 {
					p.send(okResponse)
					_, _ = io.Copy(io.Discard, p)
					return
				}
				_, _ = io.CopyN(io.Discard, p, row.length)
				p.send(row.response)
				if !row.kept && strings.HasSuffix(row.response, "\r\n\r\nhi") && !strings.Contains(row.response, "Content-Length") {
					return // the body ends with the connection
				}
				<-release
				p.send(row.late)
				for head := p.head(); head != ""; head = p.head() {
					p.send(okResponse)
				}
			})
			config := row.config
			config.Addr = ps.addr
			if row.opaque {
				config.Dial = func(ctx context.Context) (net.Conn, error) {
					conn, err := new(net.Dialer).DialContext(ctx, "tcp", ps.addr)
					return opaque{conn}, err
				}
			}
			transport := newTransport(t, config)
			method := row.method
			if method == "" {
				method = http.MethodGet
			}
			req := newRequestWith(t, t.Context(), method, row.body)
			if row.length != 0 {
				req.ContentLength = row.length
			}
			if row.change != nil {
				row.change(req)
			}
			resp, err := transport.RoundTrip(req)
			switch {
			case row.fails != (err != nil):
				release <- true
				t.Fatal(err)
			case err != nil:
			case row.read != nil:
				row.read(t, resp)
			default:
				readAll(t, resp)
			}
			release <- true
			time.Sleep(row.wait)
			if _, body := get(t, transport); body != "hi" {
				t.Errorf("the next request got the response %q", body)
			}
			if kept := ps.count.Load() == 1; kept != row.kept {
				t.Errorf("used again: %v", kept)
			}
		})
	}
	for i, rule := range reuseRules() {
		if !tested[i+1] {
			t.Errorf("rule %d has no test: %s", i+1, rule)
		}
	}
}

// TestReuseRule11: a body that follows a response without a body is noticed, however soon
// the connection is used again.
func TestReuseRule11(t *testing.T) {
	for _, c := range []struct{ name, method, head string }{
		{"HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"},
		{"204", "GET", "HTTP/1.1 204 No Content\r\n\r\n"},
		{"304", "GET", "HTTP/1.1 304 Not Modified\r\n\r\n"},
	} {
		for range 20 { // on a busy machine the next request may not be soon
			sent := make(chan bool)
			ps := newPeers(t, func(p *peer) {
				for n := 1; p.head() != ""; n++ {
					if p.number > 1 || n > 1 {
						p.send(okResponse)
						continue
					}
					p.send(c.head)
					<-sent
					p.send("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nforeign")
					sent <- true
				}
			})
			transport := to(t, ps.addr)
			roundTrip(t, transport, newRequest(t, c.method, nil)).Body.Close()
			sent <- true
			<-sent
			if _, body := get(t, transport); body != "hi" {
				t.Errorf("%s: the next request got the response %q", c.name, body)
			}
			if n := transport.Stats().Unasked; n != 1 {
				t.Errorf("%s: %d unasked connections counted", c.name, n)
			}
		}
	}
}

// TestReuseRule12: the connections of a peer that sent unasked bytes are checked and rest
// for a while, each time, unless no other may be made.
func TestReuseRule12(t *testing.T) {
	for _, c := range []struct {
		name    string
		surplus string // bytes after the first response
		most    int
		used    int64 // connections of the next ten requests, one after the other
	}{
		{"trusted", "", 0, 1},
		{"not trusted", "x", 0, 2},
		{"not trusted, one connection", "x", 1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			ps := newPeers(t, func(p *peer) {
				for n := 1; p.head() != ""; n++ {
					p.send(okResponse)
					if p.number == 1 && n == 1 {
						p.send(c.surplus)
					}
				}
			})
			transport := newTransport(t, h1.Config{Addr: ps.addr, MaxConns: c.most})
			get(t, transport)
			time.Sleep(idle)
			get(t, transport)
			before := ps.count.Load()
			for range 10 {
				get(t, transport)
			}
			made := ps.count.Load() - before + 1
			if c.used == 1 && made != 1 || c.used > 1 && made < c.used {
				t.Errorf("%d connections", made)
			}
			if unasked := transport.Stats().Unasked; unasked != uint64(len(c.surplus)) {
				t.Errorf("%d unasked connections counted", unasked)
			}
		})
	}
}

// TestReuseRule13: a connection that cannot be peeked at is read from if it was idle for a
// second. What is read then is counted.
func TestReuseRule13(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		number := 0
		transport := newTransport(t, h1.Config{Dial: func(context.Context) (net.Conn, error) {
			number++
			near, far := net.Pipe()
			p := &peer{far, bufio.NewReader(far), number}
			go func() {
				defer far.Close()
				p.head()
				p.send(okResponse)
				if p.number == 1 {
					p.send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n") // waits until it is read
				}
				p.head()
			}()
			return near, nil
		}})
		var o told
		transport.Observe(&o)
		get(t, transport)
		time.Sleep(1100 * time.Millisecond)
		if status, _ := get(t, transport); status != 200 || number != 2 {
			t.Errorf("what came unasked was taken for a response: %d, of %d connections", status, number)
		}
		transport.Close()
		if n, want := o.closed[0].Received, uint64(len(okResponse)+1); n != want {
			t.Errorf("%d bytes were counted, want %d", n, want)
		}
	})
}

// TestReuseRule14: the connection used last is taken first.
func TestReuseRule14(t *testing.T) {
	order := make(chan int, 10)
	ps := newPeers(t, func(p *peer) {
		for p.head() != "" {
			order <- p.number
			p.send(okResponse)
		}
	})
	transport := to(t, ps.addr)
	var open []*http.Response
	for range 3 {
		open = append(open, roundTrip(t, transport, newRequest(t, "GET", nil)))
		<-order
	}
	for _, i := range []int{2, 0, 1} {
		readAll(t, open[i])
	}
	for range 3 {
		get(t, transport)
		if got := <-order; got != 2 {
			t.Errorf("connection %d was used", got)
		}
	}
}

// TestReuseRule15: see TestFresh.
func TestReuseRule15(t *testing.T) {
	ps := responding(t, okResponse)
	transport := to(t, ps.addr)
	for want := int64(1); want <= 3; want++ {
		readAll(t, roundTrip(t, sending{transport, &relay.Exchange{Fresh: true}}, newRequest(t, "GET", nil)))
		if n := ps.count.Load(); n != want {
			t.Errorf("connection %d was used, which had served before", n)
		}
	}
}
