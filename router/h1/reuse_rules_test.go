package h1_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/router/h1"
)

// reuseRow is an exchange after which a connection is used again or is not.
type reuseRow struct {
	rule   int // of the package's list
	name   string
	answer string
	method string
	body   io.Reader
	length int64 // of the body, if that does not say it itself
	change func(*http.Request)
	config h1.Config
	opaque bool                             // the connection cannot be looked at
	read   func(*testing.T, *http.Response) // default: to its end
	late   string                           // what the peer sends a moment after the answer
	wait   time.Duration                    // until the next request
	fails  bool                             // the exchange does
	kept   bool
}

func asIs(head string, n int) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n%s", head, n, strings.Repeat("b", n))
}

func reuseRows() []reuseRow {
	const (
		chunks  = "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n"
		chunked = "HTTP/1.1 200 OK\r\n" + chunks + "\r\n"
		settled = 20 * time.Millisecond // for the system to deliver what was sent
	)
	closeEarly := func(t *testing.T, resp *http.Response) { resp.Body.Close() }
	ask := func(r *http.Request) { r.Header.Set("Expect", "100-continue") }
	said := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	return []reuseRow{
		{rule: 1, name: "Content-Length", answer: asIs("", 2), kept: true},
		{rule: 1, name: "large", answer: asIs("", 300<<10), kept: true},
		{rule: 1, name: "to the last byte of the buffer", answer: asIs("", 8<<10-len(asIs("", 8000))+8000), kept: true},
		{rule: 1, name: "chunked", answer: chunked, kept: true},
		{rule: 1, name: "chunked with a trailer", answer: "HTTP/1.1 200 OK\r\n" + chunks + "X-Sum: 1\r\n\r\n", kept: true},
		{rule: 1, name: "to HEAD", method: "HEAD", answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", kept: true},
		{rule: 1, name: "204", answer: "HTTP/1.1 204 No Content\r\n\r\n", kept: true},
		{rule: 1, name: "304", answer: "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n", kept: true},
		{rule: 1, name: "length 0", answer: asIs("", 0), kept: true},
		{rule: 1, name: "to the end of the connection", answer: "HTTP/1.1 200 OK\r\n\r\nhi"},
		{rule: 2, name: "both framings", answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + chunks + "\r\n"},
		{rule: 2, name: "both framings, closed unread", answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + chunks + "\r\n", read: closeEarly},
		{rule: 2, name: "a 204 of a length", answer: "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n"},
		{rule: 2, name: "a 204 of length 0", answer: "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", kept: true},
		{rule: 2, name: "a chunked 204", answer: "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"},
		{rule: 3, name: "a byte more", answer: asIs("", 2) + "x"},
		{rule: 3, name: "a byte more behind a large one", answer: asIs("", 300<<10) + "x"},
		{rule: 3, name: "a byte more behind a trailer", answer: chunked + "x"},
		{rule: 3, name: "a byte more, to HEAD", method: "HEAD", answer: asIs("", 2)},
		{rule: 3, name: "a byte more, not to be looked at", answer: asIs("", 300<<10) + "x", opaque: true},
		{rule: 3, name: "none more, not to be looked at", answer: asIs("", 300<<10), opaque: true, kept: true},
		{rule: 4, name: "a body in one write", method: "POST", body: strings.NewReader("body"), answer: asIs("", 2), kept: true},
		{rule: 4, name: "a body that is streamed", method: "POST", body: onlyReader{strings.NewReader("body")}, length: 4, answer: asIs("", 2), kept: true},
		{rule: 4, name: "a body that is not over", method: "POST", body: neverEnding(), length: -1, answer: asIs("", 2)},
		{rule: 4, name: "a body that was not wanted", method: "POST", body: strings.NewReader("body"), change: ask, answer: "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n"},
		{rule: 5, name: "the answer says close", answer: asIs("Connection: close\r\n", 2)},
		{rule: 5, name: "the answer says close among others", answer: asIs("Connection: x, Close\r\n", 2)},
		{rule: 5, name: "the answer says close, closed unread", answer: asIs("Connection: close\r\n", 2), read: closeEarly},
		{rule: 5, name: "the request says close", change: said("Connection", "close"), answer: asIs("", 2)},
		{rule: 5, name: "Request.Close", change: func(r *http.Request) { r.Close = true }, answer: asIs("", 2)},
		{rule: 5, name: "HTTP/1.0", answer: strings.Replace(asIs("", 2), "1.1", "1.0", 1)},
		{rule: 5, name: "HTTP/1.0 with keep-alive", answer: strings.Replace(asIs("Connection: keep-alive\r\n", 2), "1.1", "1.0", 1), kept: true},
		{rule: 6, name: "the rest is here", answer: asIs("", 2), read: closeEarly, kept: true},
		{rule: 6, name: "the rest is not", answer: asIs("", 300<<10), read: closeEarly},
		{rule: 7, name: "100 that nobody asked for", answer: "HTTP/1.1 100 Continue\r\n\r\n" + asIs("", 2), kept: true},
		{rule: 7, name: "32 of them", answer: strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 32) + asIs("", 2), kept: true},
		{rule: 7, name: "101", answer: "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
			change: func(r *http.Request) { r.Header.Set("Connection", "upgrade"); r.Header.Set("Upgrade", "x") }, read: closeEarly},
		{rule: 7, name: "2xx to CONNECT", method: "CONNECT", answer: "HTTP/1.1 200 OK\r\n\r\n", read: closeEarly},
		{rule: 8, name: "a malformed answer", answer: "HTTP/1.1 2OO OK\r\n\r\n", fails: true},
		{rule: 8, name: "a malformed chunk", answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhiX\n0\r\n\r\n", read: wantBroken},
		{rule: 8, name: "the context ended", answer: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi", change: func(r *http.Request) {
			ctx, cancel := context.WithTimeout(r.Context(), settled)
			context.AfterFunc(ctx, cancel)
			*r = *r.WithContext(ctx)
		}, read: wantBroken},
		{rule: 9, name: "older than MaxLifetime", answer: asIs("", 2), config: h1.Config{MaxLifetime: settled}, wait: 2 * settled},
		{rule: 9, name: "older than IdleTimeout", answer: asIs("", 2), config: h1.Config{IdleTimeout: settled}, wait: 2 * settled},
		{rule: 9, name: "older than SessionIdleTimeout", answer: asIs("", 2), config: h1.Config{SessionIdleTimeout: settled, MinIdle: 1}, wait: 2 * settled},
		{rule: 9, name: "younger than all", answer: asIs("", 2), config: h1.Config{MaxLifetime: time.Hour, IdleTimeout: time.Hour, SessionIdleTimeout: time.Hour}, wait: settled, kept: true},
		{rule: 10, name: "something came late", answer: asIs("", 2), late: "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nforeign", wait: settled},
		{rule: 10, name: "nothing came late", answer: asIs("", 2), wait: settled, kept: true},
	}
}

func neverEnding() io.Reader { r, _ := io.Pipe(); return r }

func wantBroken(t *testing.T, resp *http.Response) {
	if _, err := io.ReadAll(resp.Body); err == nil {
		t.Error("the answer was taken for whole")
	}
	resp.Body.Close()
}

// TestReuseRules: the rules of the package's document, one or more rows for each of
// those that concern one exchange; the tests that are named by number below have
// the others.
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
					p.send(okAnswer)
					_, _ = io.Copy(io.Discard, p)
					return
				}
				_, _ = io.CopyN(io.Discard, p, row.length)
				p.send(row.answer)
				if !row.kept && strings.HasSuffix(row.answer, "\r\n\r\nhi") && !strings.Contains(row.answer, "Content-Length") {
					return // the body ends with the connection
				}
				<-release
				p.send(row.late)
				for head := p.head(); head != ""; head = p.head() {
					p.send(okAnswer)
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
				t.Errorf("the next request was answered %q", body)
			}
			if kept := ps.count.Load() == 1; kept != row.kept {
				t.Errorf("used again: %v", kept)
			}
		})
	}
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	rules := regexp.MustCompile(`(?m)^//  (\d+)\. `).FindAllStringSubmatch(string(text), -1)
	for i, rule := range rules {
		if n, _ := strconv.Atoi(rule[1]); n != i+1 || !tested[n] {
			t.Errorf("rule %s is out of order, or has no test", rule[1])
		}
	}
	if len(rules) != 15 {
		t.Errorf("%d rules", len(rules))
	}
}

// TestReuseRule11: a body that comes behind an answer which has none is seen,
// however soon the connection is used again.
func TestReuseRule11(t *testing.T) {
	for _, c := range []struct{ name, method, head string }{
		{"HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"},
		{"204", "GET", "HTTP/1.1 204 No Content\r\n\r\n"},
		{"304", "GET", "HTTP/1.1 304 Not Modified\r\n\r\n"},
	} {
		for range 20 { // the machine may be too busy for it to be soon
			sent := make(chan bool)
			ps := newPeers(t, func(p *peer) {
				for n := 1; p.head() != ""; n++ {
					if p.number > 1 || n > 1 {
						p.send(okAnswer)
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
				t.Errorf("%s: the next request was answered %q", c.name, body)
			}
			if n := transport.Stats().Unasked; n != 1 {
				t.Errorf("%s: %d counted", c.name, n)
			}
		}
	}
}

// TestReuseRule12: a peer that sent something unasked has its connections looked at
// and left alone for a while, each time, unless there may be no other.
func TestReuseRule12(t *testing.T) {
	for _, c := range []struct {
		name    string
		surplus string // of the first answer
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
					p.send(okAnswer)
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
				t.Errorf("%d counted", unasked)
			}
		})
	}
}

// TestReuseRule13: a connection that cannot be looked at is read from if it was
// idle for a second.
func TestReuseRule13(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	ps := newPeers(t, func(p *peer) {
		p.head()
		p.send(okAnswer)
		if p.number == 1 {
			time.Sleep(idle)
			p.send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
		}
		p.head()
	})
	transport := newTransport(t, h1.Config{Addr: ps.addr, Dial: func(ctx context.Context) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", ps.addr)
		return opaque{conn}, err
	}})
	get(t, transport)
	time.Sleep(1100 * time.Millisecond)
	if status, _ := get(t, transport); status != 200 {
		t.Errorf("what came unasked was taken for an answer: %d", status)
	}
}

// TestReuseRule14: the connection used last is taken first.
func TestReuseRule14(t *testing.T) {
	order := make(chan int, 10)
	ps := newPeers(t, func(p *peer) {
		for p.head() != "" {
			order <- p.number
			p.send(okAnswer)
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
	ps := answering(t, okAnswer)
	transport := to(t, ps.addr)
	for want := int64(1); want <= 3; want++ {
		readAll(t, roundTrip(t, sending{transport, &relay.Exchange{Fresh: true}}, newRequest(t, "GET", nil)))
		if n := ps.count.Load(); n != want {
			t.Errorf("connection %d was used, which had served", n)
		}
	}
}
