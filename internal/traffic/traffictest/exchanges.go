package traffictest

import (
	"net/http"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/traffic"
)

// exchanges are requests that are served.
func (s Subject) exchanges(t *testing.T) {
	for _, row := range []struct {
		name string
		do   func(*client)
		want want
	}{
		{"one request", func(c *client) { c.send(get("/")); c.response("GET") }, want{statuses: []int{200}}},
		{"no request", func(c *client) {}, want{}},
		{"twenty on one connection", func(c *client) {
			for range 20 {
				c.send(get("/status/204"))
				c.response("GET")
			}
		}, want{statuses: repeat(204, 20)}},
		{"statuses", func(c *client) {
			for _, path := range []string{"/status/404", "/", "/status/503"} {
				c.send(get(path))
				c.response("GET")
			}
		}, want{statuses: []int{404, 200, 503}}},
		{"sent ahead", func(c *client) {
			c.send(strings.Repeat(get("/"), 10))
			for range 10 {
				c.response("GET")
			}
		}, want{statuses: repeat(200, 10)}},
		{"HEAD", func(c *client) { c.send("HEAD / HTTP/1.1\r\nHost: web\r\n\r\n"); c.response("HEAD") }, want{statuses: []int{200}}},
		{"the last request", func(c *client) {
			c.send(get("/"))
			c.response("GET")
			c.send(get("/status/410", "Connection: close"))
			c.response("GET")
			c.rest()
		}, want{statuses: []int{200, 410}}},
		{"HTTP/1.0", func(c *client) { c.send("GET / HTTP/1.0\r\n\r\n"); c.response("GET"); c.rest() }, want{statuses: []int{200}}},
		{"HTTP/1.0 that is kept", func(c *client) {
			for range 3 {
				c.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
				c.response("GET")
			}
		}, want{statuses: []int{200, 200, 200}}},
		{"an upload", func(c *client) {
			c.send("POST /upload HTTP/1.1\r\nHost: web\r\nContent-Length: 1000000\r\n\r\n" + strings.Repeat("x", 1000000))
			c.response("POST")
		}, want{statuses: []int{200}}},
		{"an upload in chunks", func(c *client) {
			c.send("POST /upload HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("3e8\r\n"+strings.Repeat("x", 1000)+"\r\n", 100) + "0\r\nX-Sum: 1\r\n\r\n")
			c.response("POST")
		}, want{statuses: []int{200}}},
		{"a download", func(c *client) { c.send(get("/large")); c.response("GET") }, want{statuses: []int{200}}},
		{"a download in chunks", func(c *client) { c.send(get("/pieces")); c.response("GET") }, want{statuses: []int{200}}},
		{"100-continue", func(c *client) {
			c.send("POST /upload HTTP/1.1\r\nHost: web\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
			c.response("POST")
			c.send("12345")
			c.response("POST")
		}, want{statuses: []int{200}}},
		{"early hints", func(c *client) {
			c.send(get("/hints"))
			for _, status := range []int{103, 103, 404} {
				if resp, _ := c.response("GET"); resp.StatusCode != status {
					c.t.Errorf("status %d, want %d", resp.StatusCode, status)
				}
			}
		}, want{statuses: []int{404}}},
		{"an upgrade", func(c *client) {
			c.send(get("/"))
			c.response("GET")
			c.send(get("/upgrade", "Connection: Upgrade", "Upgrade: x"))
			if resp, err := http.ReadResponse(c.in, nil); err != nil || resp.StatusCode != 101 {
				c.t.Fatal(resp, err)
			}
			c.send("ping\n")
			if line, err := c.in.ReadString('\n'); line != "ping\n" {
				c.t.Errorf("got %q, %v", line, err)
			}
		}, want{statuses: []int{200, 101}, upgraded: true}},
		{"a handler that gives up", func(c *client) {
			c.send(get("/"))
			c.response("GET")
			c.send(get("/panic"))
			c.rest()
		}, want{statuses: []int{200, 0}, broken: true}},
		{"a response that breaks off", func(c *client) { c.send(get("/abort")); c.rest() }, want{statuses: []int{200}, broken: true}},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := s.run(t)
			c := r.dial()
			row.do(c)
			c.Close()
			a := r.check(c, row.want)
			for i, e := range a.served {
				if s.HeadBytes != (e.HeadBytes > 0) {
					t.Errorf("request %d: a head of %d bytes", i, e.HeadBytes)
				}
			}
			if len(a.served) == 1 && s.HeadBytes && !strings.Contains(row.name, "upload") && row.name != "100-continue" && a.served[0].HeadBytes != c.sent {
				t.Errorf("a head of %d bytes, of %d", a.served[0].HeadBytes, c.sent)
			}
		})
	}
}

func repeat(status, n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = status
	}
	return all
}

// refusals are requests that never come to the handler.
func (s Subject) refusals(t *testing.T) {
	for _, row := range []struct {
		name, head string
		reason     traffic.Reason
	}{
		{"no request at all", "hello\r\n\r\n", traffic.Malformed},
		{"no Host", "GET / HTTP/1.1\r\n\r\n", traffic.Malformed},
		{"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", traffic.Malformed},
		{"a field without a colon", "GET / HTTP/1.1\r\nHost: a\r\nx\r\n\r\n", traffic.Malformed},
		{"a length that is none", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", traffic.Malformed},
		{"too long", "GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", 2*MaxHead) + "\r\n\r\n", traffic.TooLong},
		{"a coding that nobody knows", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: nobody\r\n\r\n", traffic.Unsupported},
		{"a version that nobody knows", "GET / HTTP/3.1\r\nHost: a\r\n\r\n", traffic.Version},
		{"an expectation that nobody knows", "GET / HTTP/1.1\r\nHost: a\r\nExpect: much\r\n\r\n", traffic.Expectation},
	} {
		for _, before := range []int{0, 1} {
			name := row.name
			if before > 0 {
				name += ", after a request"
			}
			t.Run(name, func(t *testing.T) {
				r := s.run(t)
				c := r.dial()
				for range before {
					c.send(get("/"))
					c.response("GET")
				}
				c.send(row.head)
				resp, err := http.ReadResponse(c.in, nil)
				if err != nil {
					t.Fatal(err)
				}
				c.rest()
				c.Close()
				a := r.check(c, want{statuses: repeat(200, before), refused: []traffic.Reason{row.reason}, lost: row.reason == traffic.TooLong})
				if a.refused[0].Status != resp.StatusCode {
					t.Errorf("told of status %d, the client got %d", a.refused[0].Status, resp.StatusCode)
				}
			})
		}
	}
}
