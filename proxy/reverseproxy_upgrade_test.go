package proxy_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const (
	upgrade  = "GET /chat HTTP/1.1\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
	switched = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: WebSocket\r\n\r\n"
)

// upgradeConduct is a connection that stops being HTTP.
func upgradeConduct() []conduct {
	return []conduct{
		{
			name: "upgrade: the heads",
			watch: func(t *testing.T, start starter) []string {
				backend, got := recorder(t, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade, X-Token\r\nUpgrade: WebSocket\r\nX-Token: 1\r\nSec-Websocket-Accept: yes\r\n\r\n"+closeMark)
				head, _ := raw(t, start(t, backend, wrapped(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
					w.Header().Set("X-Front", "1")
					next.ServeHTTP(w, r)
				})), "GET /chat HTTP/1.1\r\nHost: web\r\nConnection: keep-alive, upgrade, X-Token\r\nX-Token: 1\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n")
				names := []string{"Connection", "Upgrade", "X-Token", "Sec-WebSocket-Key", "Sec-WebSocket-Accept", "Via", "X-Front"}
				return append(append(pick("> ", got(), names...), whole(head)[0]), pick("< ", head, names...)...)
			},
			want: []string{
				"> Connection: Upgrade", "> Upgrade: websocket", "> Sec-Websocket-Key: k", "> Via: 1.1 linkerd (R.N)",
				"HTTP/1.1 101 Switching Protocols", "< Connection: Upgrade", "< Upgrade: WebSocket", "< Sec-Websocket-Accept: yes", "< Via: 1.1 linkerd", "< X-Front: 1",
			},
			stock: []string{
				"> Connection: Upgrade", "> Upgrade: websocket", "> Sec-Websocket-Key: k",
				"HTTP/1.1 101 Switching Protocols", "< Connection: upgrade, X-Token", "< Upgrade: WebSocket", "< X-Token: 1", "< Sec-Websocket-Accept: yes", "< X-Front: 1",
			},
			why: "a hop adds Via, and what Connection names stays behind in this response too",
		},
		{
			name: "upgrade: the backend speaks at once",
			watch: func(t *testing.T, start starter) []string {
				backend := upgradeBackend(t, switched+"welcome\n", func(conn *net.TCPConn, in *bufio.Reader) {
					for {
						line, err := in.ReadString('\n')
						if err != nil {
							return
						}
						io.WriteString(conn, "echo "+line)
					}
				})
				conn, in := dial(t, start(t, backend))
				io.WriteString(conn, upgrade)
				saw := []string{statusOf(t, in), line(in)}
				io.WriteString(conn, "hello\n")
				return append(saw, line(in))
			},
			want: []string{"101", "welcome\n", "echo hello\n"},
		},
		{
			name: "upgrade: the client speaks at once",
			watch: func(t *testing.T, start starter) []string {
				backend := upgradeBackend(t, switched, func(conn *net.TCPConn, in *bufio.Reader) {
					for {
						got := line(in)
						if _, err := io.WriteString(conn, "echo "+got); err != nil || got == "EOF" {
							return
						}
					}
				})
				conn, in := dial(t, start(t, backend))
				io.WriteString(conn, upgrade+"early\nagain\n")
				saw := []string{statusOf(t, in), line(in), line(in)}
				io.WriteString(conn, "late\n")
				return append(saw, line(in))
			},
			want:  []string{"101", "echo early\n", "echo again\n", "echo late\n"},
			alone: true,
			why:   "httputil.ReverseProxy leaves behind what it has read together with the request's head",
		},
		{
			name:  "upgrade: refused by the backend",
			watch: upgrading(upgrade, "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"),
			want:  []string{`403 "no"`},
		},
		{
			name:  "upgrade: to another protocol",
			watch: upgradingStatus(upgrade, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n"),
			want:  []string{"502"},
		},
		{
			name:  "upgrade: that nobody asked for",
			watch: upgradingStatus("GET / HTTP/1.1\r\nHost: web\r\n\r\n", switched),
			want:  []string{"502"},
		},
		{
			name:  "upgrade: asked for without Connection",
			watch: upgradingStatus("GET / HTTP/1.1\r\nHost: web\r\nUpgrade: websocket\r\n\r\n", switched),
			want:  []string{"502"},
		},
		{
			name:  "upgrade: to nothing in particular",
			watch: upgradingStatus(upgrade, "HTTP/1.1 101 Switching Protocols\r\n\r\n"),
			want:  []string{"502"},
		},
		{
			name:  "upgrade: to nothing that nobody asked for",
			watch: upgradingStatus("GET / HTTP/1.1\r\nHost: web\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n"),
			want:  []string{"502"},
		},
		{
			name:  "upgrade: to a protocol that is no token",
			watch: upgradingStatus("GET / HTTP/1.1\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: websoc\u212aet\r\n\r\n", switched),
			want:  []string{"502"},
		},
		{
			name: "upgrade: that middleware asked for in a way of its own",
			watch: func(t *testing.T, start starter) []string {
				// It closes, because httputil leaves the connection open.
				backend := rawBackend(t, func(string) string { return strings.TrimSuffix(switched, "\r\n") + "X-Theirs: 1\r\n\r\n" + closeMark })
				head, _ := raw(t, start(t, backend, wrapped(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
					r.Header["upgrade"] = []string{"websocket"}
					next.ServeHTTP(w, r)
				})), get(""))
				first, _, _ := strings.Cut(head, "\r\n")
				return append([]string{first}, pick("", head, "Upgrade", "X-Theirs", "l5d-success-class")...)
			},
			want: []string{"HTTP/1.1 502 Bad Gateway"},
		},
		{
			name: "upgrade: of a connection that cannot be taken over",
			watch: func(t *testing.T, start starter) []string {
				conn, in := dial(t, start(t, rawBackend(t, func(string) string { return switched + closeMark }), wrapped(bare)))
				io.WriteString(conn, upgrade)
				return []string{statusOf(t, in)}
			},
			want: []string{"502"},
		},
		{
			name: "upgrade: no status after it",
			watch: func(t *testing.T, start starter) []string {
				backend := upgradeBackend(t, switched, func(conn *net.TCPConn, _ *bufio.Reader) { conn.SetLinger(0) })
				late := make(chan int64, 1)
				addr := start(t, backend, wrapped(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
					ours := &taken{ResponseWriter: w}
					next.ServeHTTP(ours, r)
					late <- ours.late.Load()
				}))
				conn, in := dial(t, addr)
				io.WriteString(conn, upgrade)
				saw := []string{statusOf(t, in)}
				io.Copy(io.Discard, in)
				conn.Close()
				return append(saw, fmt.Sprint("written after it was taken over: ", <-late))
			},
			want: []string{"101", "written after it was taken over: 0"},
		},
		{
			name: "upgrade: middleware gives up",
			watch: func(t *testing.T, start starter) []string {
				gone, cancel := make(chan struct{}), make(chan struct{})
				backend := upgradeBackend(t, switched, func(conn *net.TCPConn, in *bufio.Reader) {
					io.WriteString(conn, "echo "+line(in))
					io.Copy(io.Discard, in)
					close(gone)
				})
				addr := start(t, backend, wrapped(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
					ctx, give := context.WithCancel(r.Context())
					go func() { <-cancel; give() }()
					next.ServeHTTP(w, r.WithContext(ctx))
				}))
				conn, in := dial(t, addr)
				io.WriteString(conn, upgrade)
				saw := []string{statusOf(t, in)}
				io.WriteString(conn, "hello\n")
				saw = append(saw, line(in))
				close(cancel)
				_, err := in.ReadByte()
				<-gone
				return append(saw, fmt.Sprint(err), "the backend is told")
			},
			want: []string{"101", "echo hello\n", "EOF", "the backend is told"},
		},
		{
			name: "upgrade: the client leaves",
			watch: func(t *testing.T, start starter) []string {
				gone := make(chan struct{})
				backend := upgradeBackend(t, switched, func(conn *net.TCPConn, in *bufio.Reader) {
					io.Copy(io.Discard, in)
					close(gone)
				})
				conn, in := dial(t, start(t, backend))
				io.WriteString(conn, upgrade)
				saw := []string{statusOf(t, in)}
				conn.Close()
				<-gone
				return append(saw, "the backend is told")
			},
			want: []string{"101", "the backend is told"},
		},
		{
			name: "upgrade: the backend leaves",
			watch: func(t *testing.T, start starter) []string {
				conn, in := dial(t, start(t, upgradeBackend(t, switched+"bye\n", func(*net.TCPConn, *bufio.Reader) {})))
				io.WriteString(conn, upgrade)
				saw := []string{statusOf(t, in), line(in)}
				_, err := in.ReadByte()
				return append(saw, fmt.Sprint(err))
			},
			want: []string{"101", "bye\n", "EOF"},
		},
	}
}

// upgradeBackend takes the connection over, responds and lets speak go on.
func upgradeBackend(t testing.TB, response string, speak func(*net.TCPConn, *bufio.Reader)) string {
	return startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		io.WriteString(conn, response)
		speak(conn.(*net.TCPConn), buffered.Reader)
	}))
}

// upgrading watches the one response to a request for an upgrade.
func upgrading(request, response string) func(*testing.T, starter) []string {
	return func(t *testing.T, start starter) []string {
		backend, _ := recorder(t, response)
		conn, in := dial(t, start(t, backend))
		io.WriteString(conn, request)
		return []string{responseOf(t, in, "GET")}
	}
}

func upgradingStatus(request, response string) func(*testing.T, starter) []string {
	return func(t *testing.T, start starter) []string {
		return []string{strings.Fields(upgrading(request, response+closeMark)(t, start)[0])[0]}
	}
}

// taken is a writer that counts what is written to it after its connection was
// taken over.
type taken struct {
	http.ResponseWriter
	over atomic.Bool
	late atomic.Int64
}

func (w *taken) WriteHeader(code int) {
	if w.over.Load() {
		w.late.Add(1)
		return
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *taken) Write(p []byte) (int, error) {
	if w.over.Load() {
		w.late.Add(1)
		return 0, errors.New("taken over")
	}
	return w.ResponseWriter.Write(p)
}

func (w *taken) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.over.Store(true)
	return http.NewResponseController(w.ResponseWriter).Hijack()
}
