package serve_test

import (
	"crypto/tls"
	"io"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"

	"github.com/meshhop/meshhop/internal/certtest"
	"github.com/meshhop/meshhop/internal/traffic"
	"github.com/meshhop/meshhop/internal/traffic/tally"
	"github.com/meshhop/meshhop/proxy/serve"
)

// listing is an observer that keeps what it is told.
type listing struct {
	*tally.Server
	mu        sync.Mutex
	exchanges []traffic.Exchange
	ends      []traffic.Conn
}

func (l *listing) Served(e traffic.Exchange) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.ends) > 0 {
		e.Status = -1 // it comes too late
	}
	l.exchanges = append(l.exchanges, e)
}

func (l *listing) Closed(c traffic.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ends = append(l.ends, c)
}

// TestHTTP2Told: the observer is told of each request, with the bytes since the one before,
// and then of the connection.
func TestHTTP2Told(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := &listing{Server: tally.NewServer()}
		s := startInBubble(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/early":
				w.WriteHeader(http.StatusEarlyHints)
				time.Sleep(time.Second)
				_, _ = w.Write(make([]byte, 1000))
				time.Sleep(2 * time.Second)
			case "/missing":
				w.WriteHeader(http.StatusNotFound)
			case "/broken":
				panic(http.ErrAbortHandler)
			}
		}), serve.Config{Protocols: speaking("h2c"), Observer: seen})
		c := s.dial(t)
		for i, path := range []string{"/early", "/missing", "/broken"} {
			id := uint32(2*i + 1)
			c.open(id, true, path)
			if path == "/broken" {
				if code := c.reset(id); code != http2.ErrCodeInternal {
					t.Error(code)
				}
			} else {
				c.status(id)
			}
			time.Sleep(5 * time.Second)
		}
		c.Conn.Close()
		if err := s.shutdown(time.Second); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		seen.mu.Lock()
		defer seen.mu.Unlock()
		var statuses []int
		var received, sent uint64
		for _, e := range seen.exchanges {
			statuses = append(statuses, e.Status)
			received, sent = received+e.Received, sent+e.Sent
		}
		if want := []int{200, 404, 0}; !slices.Equal(statuses, want) {
			t.Fatalf("statuses %v, want %v", statuses, want)
		}
		if e := seen.exchanges[0]; !e.Timed || e.First != time.Second || e.Write != 2*time.Second || e.Broken {
			t.Errorf("%+v", e)
		}
		if e := seen.exchanges[2]; !e.Broken || e.Timed {
			t.Errorf("%+v", e)
		}
		if len(seen.ends) != 1 {
			t.Fatalf("%+v", seen.ends)
		}
		if end := seen.ends[0]; end.Requests != 3 || received > end.Received || sent > end.Sent || received == 0 || sent < 1000 {
			t.Errorf("%+v, in the exchanges %d and %d", end, received, sent)
		}
	})
}

// TestHTTP2Offered: ALPN has what is spoken, and nothing where that is HTTP/1.1 alone.
func TestHTTP2Offered(t *testing.T) {
	ca := certtest.CA(t, "root")
	pair := ca.Issue([]string{"a"}).Pair()
	for _, row := range []struct{ served, want string }{
		{"http/1.1", ""}, {"http/1.1 h2", "h2"}, {"h2", "h2"},
	} {
		for _, chosen := range []bool{false, true} {
			config := &tls.Config{Certificates: []tls.Certificate{pair}}
			if chosen {
				inner := config
				config = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return inner, nil }}
			}
			_, addr, _ := startSecure(t, http.NotFoundHandler(), serve.Config{Protocols: speaking(row.served), TLS: config})
			c, err := dialSecure(t, addr, &tls.Config{RootCAs: ca.Pool(), ServerName: "a", NextProtos: []string{"h2", "http/1.1"}})
			if err != nil {
				t.Fatal(err)
			}
			if got := c.ConnectionState().NegotiatedProtocol; got != row.want {
				t.Errorf("%s: %q, want %q", row.served, got, row.want)
			}
			if len(config.NextProtos) > 0 {
				t.Error("the configuration of the caller was changed")
			}
		}
	}
}

// TestHTTP2WarnedWithinFrame: a client that is slow to read is warned between two frames, and
// gets its response.
func TestHTTP2WarnedWithinFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const length = 50_000
		s := startInBubble(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(make([]byte, length))
		}), serve.Config{Protocols: speaking("h2c")})
		near, _ := s.network.Dial()
		c := newRaw(t, near)
		c.until(func(f http2.Frame) bool { return f.Header().Type == http2.FrameWindowUpdate })
		c.open(1, true, "/")
		c.status(1)
		synctest.Wait() // the server waits within the first frame
		ended := make(chan error, 1)
		go func() { ended <- s.shutdown(time.Minute) }()
		for range 1000 {
			runtime.Gosched() // the warning most likely waits for the write now
		}
		warned, whole, body := false, false, 0
		c.until(func(f http2.Frame) bool {
			switch f := f.(type) {
			case *http2.GoAwayFrame:
				warned = warned || f.LastStreamID == 1<<31-1
			case *http2.DataFrame:
				body += len(f.Data())
				whole = whole || f.StreamEnded()
			}
			return warned && whole
		})
		if !warned || body != length {
			t.Errorf("warned: %v, %d bytes", warned, body)
		}
		_, _ = io.Copy(io.Discard, near)
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// TestHTTP2ResetsAreForgotten: what a client may do comes back with time.
func TestHTTP2ResetsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startInBubble(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), serve.Config{Protocols: speaking("h2c")})
		c := s.dial(t)
		id := uint32(1)
		for range 3 {
			for n := range 1900 {
				if n%500 == 0 {
					synctest.Wait()
				}
				c.must(c.request(id))
				c.must(c.WriteRSTStream(id, http2.ErrCodeCancel))
				id += 2
			}
			time.Sleep(10 * time.Second) // 200 in a second
		}
		if got := s.Stats(); got.Floods != 0 {
			t.Errorf("%+v", got)
		}
		if err := s.shutdown(time.Second); err != nil {
			t.Error(err)
		}
	})
}
