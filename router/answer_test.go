package router_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/router/h1"
)

// TestNoBody: a response without a body has http.NoBody, as those of net/http's
// client have, and not closing that costs nothing: the attempt is over.
func TestNoBody(t *testing.T) {
	for _, own := range []bool{true, false} {
		for _, row := range []struct {
			method string
			status int
		}{
			{"GET", 204}, {"GET", 304}, {"HEAD", 200}, {"GET", 200},
		} {
			addr := backend(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(row.status) })
			f := start(t, sockets, transportOf(own))
			f.names.Bind("/web", addr)
			for range 3 {
				r := request(t, "web")
				r.Method = row.method
				resp, err := f.RoundTrip(r)
				if err != nil {
					t.Fatal(err)
				}
				if resp.Body != http.NoBody {
					t.Errorf("%s %d: the body is %T", row.method, row.status, resp.Body)
				}
			}
			if s := f.Stats(); s.Pending != 0 {
				t.Errorf("%s %d: %d requests are pending", row.method, row.status, s.Pending)
			}
			if c := f.ClientStats()[0]; c.Pending != 0 || c.Balance.Pending != 0 || c.Success != 3 {
				t.Errorf("%s %d: %+v", row.method, row.status, c)
			}
		}
	}
}

// TestNilBody: a transport that is no good gives none at all.
func TestNilBody(t *testing.T) {
	f := start(t, over(func(*http.Request) (*http.Response, error) {
		resp := answer(200, "")
		resp.Body = nil
		return resp, nil
	}))
	f.names.Bind("/web", "10.0.0.1:80")
	resp, err := f.RoundTrip(request(t, "web"))
	if err != nil || resp.Body != http.NoBody || f.Stats().Pending != 0 {
		t.Errorf("%v, %+v", err, f.Stats())
	}
}

var errFull = errors.New("the disk is full")

type full struct{}

func (full) Write(p []byte) (int, error) { return 0, errFull }

// fullReader takes it all by ReadFrom and fails.
type fullReader struct{ full }

func (fullReader) ReadFrom(r io.Reader) (int64, error) {
	n, _ := r.Read(make([]byte, 1000))
	return int64(n), errFull
}

// TestWhoseFault: a response that breaks off counts against the replica, and an
// error of what it is written to does not, however it is written.
func TestWhoseFault(t *testing.T) {
	for _, row := range []struct {
		name    string
		breaks  string // how the replica breaks off; empty: it does not
		to      io.Writer
		writers bool // it is the writer's fault
	}{
		{"ends early", "FIN", io.Discard, false},
		{"is reset", "RST", io.Discard, false},
		{"is reset, to a Writer", "RST", struct{ io.Writer }{io.Discard}, false},
		{"the writer fails", "", full{}, true},
		{"the ReaderFrom fails", "", fullReader{}, true},
	} {
		for _, size := range []int{1000, 4 << 20} {
			t.Run(fmt.Sprintf("%s/%d bytes", row.name, size), func(t *testing.T) {
				addr := backend(t, func(w http.ResponseWriter, _ *http.Request) {
					conn, _, err := w.(http.Hijacker).Hijack()
					if err != nil {
						t.Error(err)
						return
					}
					defer conn.Close()
					fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", size)
					if row.breaks == "" {
						io.WriteString(conn, strings.Repeat("b", size))
						return
					}
					io.WriteString(conn, strings.Repeat("b", size/2))
					time.Sleep(10 * time.Millisecond) // for it to be read: a reset throws away what was not
					if row.breaks == "RST" {
						conn.(*net.TCPConn).SetLinger(0)
					}
				})
				f := start(t, sockets)
				f.names.Bind("/web", addr)
				for range 6 {
					resp, err := f.RoundTrip(request(t, "web"))
					if err != nil {
						t.Fatal(err)
					}
					_, err = resp.Body.(io.WriterTo).WriteTo(row.to)
					var answers *h1.Error
					var writers *relay.WriteError
					if errors.As(err, &writers) != row.writers || errors.As(err, &answers) == row.writers {
						t.Errorf("%#v", err)
					}
					if row.writers && !errors.Is(err, errFull) {
						t.Error(err)
					}
					resp.Body.Close()
				}
				want := map[bool]uint64{true: 0, false: 1}[row.writers]
				if c := f.ClientStats()[0]; c.Balance.Removals != want || c.Pending != 0 {
					t.Errorf("%+v, want %d removals", c.Balance, want)
				}
			})
		}
	}
}
