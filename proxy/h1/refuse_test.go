package h1_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/proxy/h1"
)

// TestRefuse: who answers what is refused gets what came of the request.
func TestRefuse(t *testing.T) {
	long := strings.Repeat("x", 20<<10)
	for _, row := range []struct{ name, sent, want string }{
		{"no request line", "hello\r\n", `400 ["" "" "" HTTP/1.1 ""] map[]`},
		{"TLS", "\x16\x03\x01\x02\x00\x01", `400 ["" "" "" HTTP/1.1 ""] map[]`},
		{"a version", "GET /a HTTP/2.0\r\n", `505 ["GET" "/a" "" HTTP/1.1 "/a"] map[]`},
		{"a bad line", "GET /a?b HTTP/1.1\r\nHost: web\r\nX: y\r\nno line\r\nZ: z\r\n\r\n", `400 ["GET" "/a?b" "web" HTTP/1.1 "/a?b"] map[X:[y]]`},
		{"a bad target", "GET /a/100%?b HTTP/1.0\r\nHost: web\r\n\r\n", `400 ["GET" "/a/100%?b" "web" HTTP/1.0 "/a/100%25?b"] map[]`},
		{"a host in the target", "GET http://other/a HTTP/1.1\r\nX: y\r\n\r\n", `400 ["GET" "http://other/a" "other" HTTP/1.1 "http://other/a"] map[X:[y]]`},
		{"a bad host", "GET /a HTTP/1.1\r\nHost: a b\r\n\r\n", `400 ["GET" "/a" "" HTTP/1.1 "/a"] map[]`},
		{"a broken end", "GET /a HTTP/1.1\r\nHost: web\r\nX", `400 ["GET" "/a" "web" HTTP/1.1 "/a"] map[]`},
		{"two hosts", "GET /a HTTP/1.1\r\nHost: web\r\nHost: other\r\n\r\n", `400 ["GET" "/a" "web" HTTP/1.1 "/a"] map[]`},
		{"a long head", "GET /a HTTP/1.1\r\nHost: web\r\nX: " + long + "\r\nY: " + long + "\r\n\r\n", `431 ["GET" "/a" "web" HTTP/1.1 "/a"] map[]`},
		{"a long line", "GET /" + long + long + " HTTP/1.1\r\n\r\n", `414 ["" "" "" HTTP/1.1 ""] map[]`},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, answers := range []bool{true, false} {
				got, handled := "", false
				s := h1.New(h1.Config{
					MaxHeadBytes: 32 << 10,
					Handler:      http.HandlerFunc(func(http.ResponseWriter, *http.Request) { handled = true }),
					Refuse: func(w http.ResponseWriter, r *http.Request, status int, reason error) {
						got = fmt.Sprintf("%d [%q %q %q %s %q] %v", status, r.Method, r.RequestURI, r.Host, r.Proto, r.URL, r.Header)
						if r.Context().Err() != nil || r.ContentLength != 0 || r.Body != http.NoBody || !r.Close || r.RemoteAddr == "" || r.Context().Value(http.LocalAddrContextKey) == nil {
							t.Errorf("request %+v", r)
						}
						if answers {
							http.Error(w, "because "+reason.Error(), status)
						}
					},
				})
				c := dial(t, start(t, s))
				c.send(row.sent)
				c.finish()
				answer, err := io.ReadAll(c)
				head, body, _ := strings.Cut(string(answer), "\r\n\r\n")
				if err != nil || !strings.Contains(head, " "+row.want[:4]) || strings.HasPrefix(body, "because ") != answers || !strings.Contains(head, "Connection: close") && !strings.Contains(row.want, "HTTP/1.0") {
					t.Errorf("answered %q, %v", answer, err)
				}
				if got != row.want || handled {
					t.Errorf("refused\n%s, want\n%s", got, row.want)
				}
				if stats := s.Stats(); stats.Refused != 1 || stats.Requests != 0 {
					t.Errorf("counted %+v", stats)
				}
			}
		})
	}
}

// TestRefuseThatFails: who refuses may panic, take over the connection and answer HEAD.
func TestRefuseThatFails(t *testing.T) {
	for _, row := range []struct {
		name   string
		refuse func(w http.ResponseWriter, r *http.Request)
		want   string // how the answer begins
	}{
		{"it panics", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, ""},
		{"it takes over", func(w http.ResponseWriter, r *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			io.WriteString(conn, "mine")
		}, "mine"},
		{"it answers HEAD", func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", 400) }, "HTTP/1.1 400 Bad Request\r\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := dial(t, start(t, h1.New(h1.Config{
				Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}),
				Refuse:  func(w http.ResponseWriter, r *http.Request, _ int, _ error) { row.refuse(w, r) },
			})))
			c.send("HEAD /%zz HTTP/1.1\r\nHost: web\r\n\r\n")
			answer, err := io.ReadAll(c)
			if err != nil || !strings.HasPrefix(string(answer), row.want) || row.want == "" && len(answer) > 0 || strings.HasSuffix(string(answer), "no\n") {
				t.Errorf("answered %q, %v", answer, err)
			}
		})
	}
}
