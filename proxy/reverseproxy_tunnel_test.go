package proxy_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"testing"
)

// tunnelConduct is how each direction of an upgraded connection ends by itself.
func tunnelConduct() (rows []conduct) {
	for _, half := range []struct {
		name string
		do   func(caller, backend side) []string
		want []string
		open string
	}{
		{"the backend reads no more", func(caller, backend side) []string {
			backend.CloseRead()
			return []string{caller.gets("backend says")}
		}, []string{"backend says"}, ""},
		{"the backend writes no more", func(caller, backend side) []string {
			backend.CloseWrite()
			return []string{backend.gets("client says"), caller.ends()}
		}, []string{"client says", "EOF"}, ""},
		{"the client reads no more", func(caller, backend side) []string {
			caller.CloseRead()
			return []string{backend.gets("client says")}
		}, []string{"client says"}, ""},
		{"the client writes no more", func(caller, backend side) []string {
			caller.CloseWrite()
			saw := []string{backend.ends()}
			for range 20 {
				saw = append(saw, caller.gets("backend says"))
			}
			return slices.Compact(saw)
		}, []string{"EOF", "backend says"}, ""},
	} {
		rows = append(rows, conduct{
			name: "tunnel: " + half.name,
			watch: func(t *testing.T, start starter) []string {
				sides, over := make(chan side, 1), make(chan struct{})
				backend := upgradeBackend(t, switched, func(conn *net.TCPConn, in *bufio.Reader) {
					sides <- side{TCPConn: conn, in: in}
					<-over
				})
				conn, in := dial(t, start(t, backend))
				defer close(over)
				io.WriteString(conn, upgrade)
				saw := []string{statusOf(t, in)}
				far := <-sides
				caller, away := side{TCPConn: conn, in: in, other: far.TCPConn}, side{TCPConn: far.TCPConn, in: far.in, other: conn}
				return append(saw, half.do(caller, away)...)
			},
			want: append([]string{"101"}, half.want...),
			open: half.open,
		})
	}
	return append(rows, conduct{
		name: "tunnel: the client leaves, and the backend's connection has no halves",
		watch: func(t *testing.T, start starter) []string {
			gone := make(chan struct{})
			backend := upgradeBackend(t, switched, func(conn *net.TCPConn, in *bufio.Reader) {
				io.Copy(io.Discard, in)
				close(gone)
			})
			conn, in := dial(t, start(t, backend, changingResponse(func(resp *http.Response) {
				resp.Body = struct{ io.ReadWriteCloser }{resp.Body.(io.ReadWriteCloser)}
			})))
			io.WriteString(conn, upgrade)
			saw := []string{statusOf(t, in)}
			conn.Close()
			<-gone
			return append(saw, "the backend is told")
		},
		want: []string{"101", "the backend is told"},
	})
}

// side is one end of an upgraded connection.
type side struct {
	*net.TCPConn
	in    *bufio.Reader
	other *net.TCPConn
}

// gets has the other side say something and returns what came of it.
func (s side) gets(text string) string {
	io.WriteString(s.other, text)
	got := make([]byte, len(text))
	if _, err := io.ReadFull(s.in, got); err != nil {
		return err.Error()
	}
	return string(got)
}

// ends reads where nothing more should come.
func (s side) ends() string {
	if b, err := s.in.ReadByte(); err == nil {
		return fmt.Sprintf("%q", b)
	} else {
		return err.Error()
	}
}

// statusOf reads a response's head.
func statusOf(t testing.TB, in *bufio.Reader) string {
	t.Helper()
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		return "no response: " + err.Error()
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		resp.Body.Close()
	}
	return fmt.Sprint(resp.StatusCode)
}

// line reads a line, or says why there is none.
func line(in *bufio.Reader) string {
	text, err := in.ReadString('\n')
	if err != nil {
		return err.Error()
	}
	return text
}
