package traffictest

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/traffic"
)

// client is one connection to the server, with its own account of bytes.
type client struct {
	t testing.TB
	net.Conn
	in         *bufio.Reader
	sent, read uint64
}

// Read counts.
func (c *client) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.read += uint64(n)
	return n, err
}

func (c *client) send(text string) {
	c.t.Helper()
	n, err := io.WriteString(c.Conn, text)
	c.sent += uint64(n)
	if err != nil {
		c.t.Fatal(err)
	}
}

// response reads a response and its body.
func (c *client) response(method string) (*http.Response, int64) {
	c.t.Helper()
	resp, err := http.ReadResponse(c.in, &http.Request{Method: method})
	if err != nil {
		c.t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return resp, n
}

// rest reads until the server closes.
func (c *client) rest() { _, _ = io.Copy(io.Discard, c.in) }

// get is a request as it stands on the wire.
func get(path string, fields ...string) string {
	text := "GET " + path + " HTTP/1.1\r\nHost: web\r\n"
	for _, field := range fields {
		text += field + "\r\n"
	}
	return text + "\r\n"
}

// running is a server under test.
type running struct {
	*recorder
	t    testing.TB
	addr string
	end  func()

	waits <-chan struct{} // the handler of /wait has begun
}

func (s Subject) run(t testing.TB) *running {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := newRecorder(t)
	waits := make(chan struct{}, 1)
	end := s.Start(t, handler(t, waits), l, r)
	t.Cleanup(end)
	return &running{recorder: r, t: t, addr: l.Addr().String(), end: end, waits: waits}
}

func (r *running) dial() *client {
	r.t.Helper()
	conn, err := net.Dial("tcp", r.addr)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	c := &client{t: r.t, Conn: conn}
	c.in = bufio.NewReader(c)
	return c
}

// want is what one connection should have been told as.
type want struct {
	statuses []int // of the requests that were served
	upgraded bool
	broken   bool // the last one
	refused  []traffic.Reason
	lost     bool // some of what the client sent was not read
	unseen   bool // some of what was sent the client did not see
}

// check compares what was told of one connection that has closed.
func (r *running) check(c *client, w want) account {
	t := r.t
	t.Helper()
	a := r.over(1)
	if a.opened != 1 {
		t.Errorf("%d connections", a.opened)
	}
	end := a.closed[0]
	if end.Requests != uint64(len(w.statuses)) || len(a.served) != len(w.statuses) {
		t.Fatalf("%d requests, told of %+v; want %v", end.Requests, a.served, w.statuses)
	}
	if end.Lasted <= 0 || end.At.IsZero() {
		t.Errorf("lasted %v until %v", end.Lasted, end.At)
	}
	if end.Received != c.sent && !(w.lost && end.Received < c.sent) || end.Sent != c.read && !(w.unseen && end.Sent > c.read) {
		t.Errorf("%d bytes received of %d, %d sent of %d", end.Received, c.sent, end.Sent, c.read)
	}
	if a.received != end.Received || a.sent != end.Sent {
		t.Errorf("moved %d and %d, at the end %d and %d", a.received, a.sent, end.Received, end.Sent)
	}
	var received, sent uint64
	for i, e := range a.served {
		last := i == len(a.served)-1
		received, sent = received+e.Received, sent+e.Sent
		if e.Status != w.statuses[i] || e.Upgraded != (w.upgraded && last) || e.Broken != (w.broken && last) {
			t.Errorf("request %d: %+v, want status %d, upgraded %v, broken %v", i, e, w.statuses[i], w.upgraded, w.broken)
		}
		if e.Timed != (i%traffic.TimedEvery == 0) || e.Timed == e.Ended.IsZero() || e.Head < 0 || e.First < 0 || e.Write < 0 {
			t.Errorf("request %d: times %+v", i, e)
		}
	}
	if len(w.refused) == 0 && (received != end.Received || sent != end.Sent) {
		t.Errorf("%d and %d bytes with requests, %d and %d on the connection", received, sent, end.Received, end.Sent)
	}
	var reasons []traffic.Reason
	for _, one := range a.refused {
		reasons = append(reasons, one.Reason)
	}
	if len(reasons) != len(w.refused) || len(reasons) > 0 && reasons[0] != w.refused[0] {
		t.Errorf("refused %v, want %v", reasons, w.refused)
	}
	return a
}
