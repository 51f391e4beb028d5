package h1_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/router/h1"
)

// reluctant is a body whose first Reads return nothing.
type reluctant struct {
	io.Reader
	empty int
}

func (r *reluctant) Read(p []byte) (int, error) {
	if r.empty--; r.empty >= 0 {
		return 0, nil
	}
	return r.Reader.Read(p)
}

// TestReluctantBodies: as in package bufio, of a body that returns nothing 100 times in a
// row nothing more is expected.
func TestReluctantBodies(t *testing.T) {
	addr := server(t, func(w http.ResponseWriter, r *http.Request) {
		if body, err := io.ReadAll(r.Body); err == nil {
			_, _ = w.Write(body)
		}
	})
	for _, method := range []string{"POST", "DELETE"} { // the second is probed for a body
		for _, length := range []int64{-1, 5} {
			for _, empty := range []int{0, 1, 99, 100} {
				req := newRequest(t, method, &reluctant{strings.NewReader("hello"), empty})
				req.ContentLength = length
				resp, err := to(t, addr).RoundTrip(req)
				if empty == 100 {
					if !errors.Is(err, io.ErrNoProgress) {
						t.Errorf("%s of %d bytes after %d empty Reads: %v", method, length, empty, err)
					}
					wantError(t, err, relay.OpBody, wroteSome, false)
					continue
				}
				if err != nil {
					t.Fatalf("%s of %d bytes after %d empty Reads: %v", method, length, empty, err)
				}
				if got := readAll(t, resp); got != "hello" {
					t.Errorf("%s of %d bytes after %d empty Reads: %q", method, length, empty, got)
				}
			}
		}
	}
}

// TestProbedBodies: nothing of a body is lost by looking whether there is one.
func TestProbedBodies(t *testing.T) {
	addr := server(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %v %v", body, r.TransferEncoding, err)
	})
	for _, body := range []string{"", "x", "xy", strings.Repeat("0123456789", 10_000)} {
		for name, read := range map[string]func(io.Reader) io.Reader{
			"as they come": func(r io.Reader) io.Reader { return onlyReader{r} },
			"with the end": iotest.DataErrReader,
			"byte by byte": iotest.OneByteReader,
			"last byte with the end": func(r io.Reader) io.Reader {
				return iotest.DataErrReader(iotest.OneByteReader(r))
			},
		} {
			req := newRequest(t, "DELETE", read(strings.NewReader(body)))
			req.ContentLength = -1
			want := body + " [chunked] <nil>"
			if body == "" {
				want = " [] <nil>"
			}
			if got := readAll(t, roundTrip(t, to(t, addr), req)); got != want {
				t.Errorf("%d bytes %s: got %.100q", len(body), name, got)
			}
		}
	}
	broken := newRequest(t, "DELETE", iotest.ErrReader(io.ErrClosedPipe))
	broken.ContentLength = -1
	_, err := to(t, addr).RoundTrip(broken)
	if wantError(t, err, relay.OpBody, wroteSome, false); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a body that cannot be read: %v", err)
	}
}

// TestProbeDoesNotWait: a body that does not come counts as one that will.
func TestProbeDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ps pipes
		transport := newTransport(t, h1.Config{Dial: ps.dial})
		r, w := io.Pipe()
		go func() {
			time.Sleep(time.Minute)
			_, _ = io.WriteString(w, "late")
			w.Close()
		}()
		begun := time.Now()
		readAll(t, roundTrip(t, transport, newRequest(t, "GET", r)))
		if took := time.Since(begun); took < time.Minute {
			t.Errorf("the response came after %v", took)
		}
		transport.Close()
		synctest.Wait()
	})
}

// TestTrailersFromTheBody: names and values that the body adds while it is read are
// checked as those that the request had.
func TestTrailersFromTheBody(t *testing.T) {
	for _, c := range []struct {
		name, value string
		ok          bool
	}{{"A", "1", true}, {"Content-Length", "1", false}, {"transfer-encoding", "chunked", false}, {"A b", "1", false}, {"A", "1\n2", false}} {
		seen := make(chan http.Header, 1)
		addr := server(t, func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			seen <- r.Trailer
		})
		trailer := http.Header{"A": nil}
		body := io.MultiReader(strings.NewReader("hello"), readerFunc(func([]byte) (int, error) {
			trailer[c.name] = []string{c.value}
			return 0, io.EOF
		}))
		req := newRequest(t, "POST", body)
		req.ContentLength, req.Trailer = -1, trailer
		resp, err := to(t, addr).RoundTrip(req)
		if !c.ok {
			if wantError(t, err, relay.OpBody, wroteSome, false); !errors.Is(err, h1.ErrInvalidRequest) {
				t.Errorf("%s: %q: %v", c.name, c.value, err)
			}
		} else if err != nil {
			t.Errorf("%s: %q: %v", c.name, c.value, err)
		} else {
			readAll(t, resp)
			if got := (<-seen).Get(c.name); got != c.value {
				t.Errorf("%s: %q arrived as %q", c.name, c.value, got)
			}
		}
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestBodiesThatGrowTheBuffer: a body that goes out with the head arrives whole, and the
// head with it.
func TestBodiesThatGrowTheBuffer(t *testing.T) {
	addr := server(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %v", r.Header.Get("A"), body, err)
	})
	for _, n := range []int{1, 1000, 2000, 2048, 5000, 16_000, 16_384, 20_000} {
		body := strings.Repeat("0123456789", n/10+1)[:n]
		for name, r := range map[string]io.Reader{
			"in memory":    strings.NewReader(body),
			"byte by byte": &measured{iotest.OneByteReader(strings.NewReader(body)), n},
			"with the end": &measured{iotest.DataErrReader(strings.NewReader(body)), n},
		} {
			req := newRequest(t, "POST", r)
			req.ContentLength = int64(n)
			req.Header.Set("A", strings.Repeat("a", 100))
			if got, want := readAll(t, roundTrip(t, to(t, addr), req)), strings.Repeat("a", 100)+" "+body+" <nil>"; got != want {
				t.Errorf("%d bytes %s: got %d bytes, %.200q", n, name, len(got), got)
			}
		}
	}
	for name, c := range map[string]struct {
		body  io.Reader
		cause error
	}{
		"breaks off":      {&measured{io.MultiReader(strings.NewReader("he"), iotest.ErrReader(io.ErrClosedPipe)), 5}, io.ErrClosedPipe},
		"returns nothing": {&measured{&reluctant{strings.NewReader("hello"), 1 << 30}, 5}, io.ErrNoProgress},
	} {
		req := newRequest(t, "POST", c.body)
		req.ContentLength = 5
		_, err := to(t, addr).RoundTrip(req)
		if wantError(t, err, relay.OpBody, wroteNothing, false); !errors.Is(err, c.cause) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// measured is a body that says how long it is, so that it is not streamed.
type measured struct {
	io.Reader
	n int
}

func (m *measured) Len() int     { return m.n }
func (m *measured) Close() error { return nil }

// TestNoBody: http.NoBody is a body of length 0, as in net/http.
func TestNoBody(t *testing.T) {
	heads := make(chan string, 1)
	ps := newPeers(t, func(p *peer) {
		for head := p.head(); head != ""; head = p.head() {
			heads <- head
			p.send(okResponse)
		}
	})
	transport := to(t, ps.addr)
	for method, want := range map[string]bool{"POST": true, "PUT": true, "PATCH": true, "GET": false, "DELETE": false, "CONNECT": false} {
		req := newRequest(t, method, nil)
		req.Body = http.NoBody
		resp, err := transport.RoundTrip(req)
		if err != nil {
			t.Fatalf("%s: %v", method, err)
		}
		head := <-heads
		if got := strings.Contains(head, "Content-Length: 0\r\n"); got != want || strings.Contains(head, "chunked") {
			t.Errorf("%s is sent as %q", method, head)
		}
		resp.Body.Close()
	}
}

// TestConnectionHeader: only "Connection: close" is the end of a connection.
func TestConnectionHeader(t *testing.T) {
	for _, c := range []struct {
		name, value string
		kept        bool
	}{{"Connection", "close", false}, {"connection", "x, Close", false}, {"Connection", "keep-alive", true}, {"X-Ten-Long", "close", true}, {"Connection", "x", true}} {
		ps := responding(t, okResponse)
		transport := to(t, ps.addr)
		for range 2 {
			req := newRequest(t, "GET", nil)
			req.Header[c.name] = []string{c.value}
			readAll(t, roundTrip(t, transport, req))
			time.Sleep(idle)
		}
		if kept := ps.count.Load() == 1; kept != c.kept {
			t.Errorf("%s: %s: kept %v", c.name, c.value, kept)
		}
	}
}

// TestErrorTexts: an error says the step, the peer, how much was written and whether a
// response had begun.
func TestErrorTexts(t *testing.T) {
	for _, c := range []struct {
		err  h1.Error
		want string
	}{
		{h1.Error{Op: relay.OpRequest}, "h1: check request to a:1: broken"},
		{h1.Error{Op: relay.OpConnect}, "h1: connect to a:1: broken"},
		{h1.Error{Op: relay.OpWait}, "h1: wait for connection to a:1: broken"},
		{h1.Error{Op: relay.OpWrite}, "h1: write request, a:1 (nothing of the request was written, no byte came back): broken"},
		{h1.Error{Op: relay.OpBody, Wrote: true}, "h1: read request body, a:1 (some of the request was written, no byte came back): broken"},
		{h1.Error{Op: relay.OpRead, Wrote: true, WroteAll: true}, "h1: read response, a:1 (all of the request was written, no byte came back): broken"},
		{h1.Error{Op: relay.OpResponseBody, Wrote: true, WroteAll: true, Responded: true}, "h1: read response body, a:1 (all of the request was written, a response had begun): broken"},
	} {
		c.err.Addr, c.err.Err = "a:1", errors.New("broken")
		if got := c.err.Error(); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

// scripted is a connection that takes some bytes of each request, and then fails.
type scripted struct {
	net.Conn
	takes int
}

func (c *scripted) Write(p []byte) (int, error) {
	if len(p) <= c.takes {
		c.takes -= len(p)
		return len(p), nil
	}
	return c.takes, syscall.EPIPE
}

// TestFailedWrites: of a request that the connection does not take, or only in part, the
// response is what the peer may have said before; else the error says how much was
// written.
func TestFailedWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			takes    int
			response string
			want     string
			wrote    wrote
		}{
			{0, "", "", wroteNothing},
			{0, "HTTP/1.1 431 Too Long\r\nContent-Length: 2\r\n\r\nno", "", wroteNothing},
			{10, "", "", wroteSome},
			{10, "HTTP/1.1 431 Too Long\r\nContent-Length: 2\r\n\r\nno", "no", wroteSome},
		} {
			near, far := net.Pipe()
			transport := newTransport(t, h1.Config{Addr: "a:1", Dial: func(context.Context) (net.Conn, error) { return &scripted{near, c.takes}, nil }})
			go func() { _, _ = io.WriteString(far, c.response) }()
			resp, err := transport.RoundTrip(newRequest(t, "GET", nil))
			if c.want == "" {
				wantError(t, err, relay.OpWrite, c.wrote, false)
			} else if err != nil || readAll(t, resp) != c.want {
				t.Errorf("%+v: %v", c, err)
			}
			if s := transport.Stats(); s.Open != 0 {
				t.Errorf("%+v: the connection is open", c)
			}
			far.Close()
			synctest.Wait()
		}
	})
}

// TestResponseBeforeTheBody: on a connection without a buffer a peer may respond before it
// has read the body, also a short one.
func TestResponseBeforeTheBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport := newTransport(t, h1.Config{Addr: "a:1", Dial: func(context.Context) (net.Conn, error) {
			near, far := net.Pipe()
			go func() {
				defer far.Close()
				in := bufio.NewReaderSize(far, 16)
				for {
					line, err := in.ReadString('\n')
					if err != nil || line == "\r\n" {
						break
					}
				}
				_, _ = io.WriteString(far, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
			}()
			return near, nil
		}})
		body := strings.Repeat("0123456789", 100)
		if got := readAll(t, roundTrip(t, transport, newRequest(t, "POST", strings.NewReader(body)))); got != "hi" {
			t.Errorf("got %q", got)
		}
		transport.Close()
		synctest.Wait()
	})
}

// surplusPipes makes connections in memory whose peers send bytes that nobody asked for:
// right after the response, or later.
func surplusPipes(made *int, surplus func(number int, far net.Conn)) func(context.Context) (net.Conn, error) {
	return func(context.Context) (net.Conn, error) {
		near, far := net.Pipe()
		*made++
		number := *made
		go func() {
			in := bufio.NewReader(far)
			for {
				if _, err := http.ReadRequest(in); err != nil {
					far.Close()
					return
				}
				text := okResponse
				if number == 1 {
					text += "x"
				}
				if _, err := io.WriteString(far, text); err != nil {
					far.Close()
					return
				}
				if surplus != nil {
					surplus(number, far)
				}
			}
		}()
		return near, nil
	}
}

// TestDistrust: after bytes that no request asked for, connections rest for a moment before
// they are used again, for a minute; and it is counted.
func TestDistrust(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		made := 0
		transport := newTransport(t, h1.Config{Dial: surplusPipes(&made, nil)})
		step := func(wait time.Duration, want int) {
			t.Helper()
			time.Sleep(wait)
			if get(t, transport); made != want {
				t.Errorf("%d connections were made, want %d", made, want)
			}
		}
		step(0, 1)
		if s := transport.Stats(); s.Unasked != 1 || s.Open != 0 {
			t.Errorf("%+v", s)
		}
		step(0, 2)
		step(0, 3)                  // the one that was just used rests
		step(5*time.Millisecond, 3) // long enough
		step(time.Millisecond, 3)   // of two the one that has rested longer
		step(time.Millisecond, 4)   // both rest
		step(time.Minute, 4)        // and now the peer is trusted
		step(0, 4)
		step(0, 4)
		transport.Close()
		synctest.Wait()
	})
}

// TestLateSurplus: what comes on a connection that was idle for a second does not count
// against the peer; some say why they close one.
func TestLateSurplus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		made := 1 // so that none sends bytes at once
		transport := newTransport(t, h1.Config{Dial: surplusPipes(&made, func(number int, far net.Conn) {
			if number == 2 {
				_, _ = io.WriteString(far, "HTTP/1.1 408 Request Timeout\r\n\r\n")
				far.Close()
			}
		})})
		get(t, transport)
		time.Sleep(time.Second)
		get(t, transport)
		if s := transport.Stats(); s.Unasked != 1 || made != 3 {
			t.Errorf("%+v after %d connections", s, made)
		}
		for range 3 {
			get(t, transport)
		}
		if made != 3 {
			t.Errorf("%d connections were made", made)
		}
		transport.Close()
		synctest.Wait()
	})
}

// shortWriter takes less than it is given, and does not say so.
type shortWriter struct{}

func (shortWriter) Write(p []byte) (int, error) { return len(p) / 2, nil }

// TestShortWriter: a writer that breaks its contract does not lose bytes unnoticed.
func TestShortWriter(t *testing.T) {
	ps := responding(t, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789")
	resp := roundTrip(t, to(t, ps.addr), newRequest(t, "GET", nil))
	n, err := resp.Body.(io.WriterTo).WriteTo(shortWriter{})
	var own *h1.Error
	if n != 5 || err != io.ErrShortWrite || errors.As(err, &own) {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// TestTunnelCopies: a tunnel can be copied from and to, with the bytes that came with the
// head; and half of it cannot be closed where the connection cannot do that.
func TestTunnelCopies(t *testing.T) {
	for _, early := range []string{"", "early "} {
		near, far := net.Pipe()
		go func() {
			defer far.Close()
			in := bufio.NewReader(far)
			if _, err := http.ReadRequest(in); err != nil {
				return
			}
			_, _ = io.WriteString(far, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"+early)
			var got [5]byte
			if _, err := io.ReadFull(in, got[:]); err == nil {
				_, _ = far.Write(got[:])
			}
		}()
		req := newRequest(t, "GET", nil)
		req.Header = http.Header{"Connection": {"Upgrade"}, "Upgrade": {"x"}}
		transport := newTransport(t, h1.Config{Dial: func(context.Context) (net.Conn, error) { return near, nil }})
		body := roundTrip(t, transport, req).Body
		if n, err := body.(io.ReaderFrom).ReadFrom(strings.NewReader("hello")); n != 5 || err != nil {
			t.Errorf("%d bytes were sent: %v", n, err)
		}
		var got strings.Builder
		n, err := body.(io.WriterTo).WriteTo(&got)
		if want := early + "hello"; err != nil || got.String() != want || n != int64(len(want)) {
			t.Errorf("%q, %d bytes, %v", got.String(), n, err)
		}
		if err := body.(interface{ CloseWrite() error }).CloseWrite(); err != http.ErrNotSupported {
			t.Errorf("closing half: %v", err)
		}
		body.Close()
		body.Close()
		if s := transport.Stats(); s.Open != 0 {
			t.Errorf("%+v", s)
		}
	}
	// The bytes that came early can be written once.
	ps := newPeers(t, func(p *peer) {
		p.head()
		p.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nearly")
		_, _ = p.ReadByte()
	})
	req := newRequest(t, "GET", nil)
	req.Header = http.Header{"Connection": {"Upgrade"}, "Upgrade": {"x"}}
	body := roundTrip(t, to(t, ps.addr), req).Body
	defer body.Close()
	if n, err := body.(io.WriterTo).WriteTo(&filling{3}); n != 3 || err != errFull {
		t.Errorf("%d bytes, %v", n, err)
	}
	var rest [2]byte
	if _, err := io.ReadFull(body, rest[:]); err != nil || string(rest[:]) != "ly" {
		t.Errorf("the rest is %q, %v", rest, err)
	}
}

// TestSurplusOfLastResponse: after the last response of a connection nothing is asked for,
// and so nothing of that counts against the peer.
func TestSurplusOfLastResponse(t *testing.T) {
	ps := responding(t, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi and more")
	transport := to(t, ps.addr)
	get(t, transport)
	if s := transport.Stats(); s.Unasked != 0 || s.Open != 0 {
		t.Errorf("%+v", s)
	}
}

// TestByteByByte: a response whose bytes come one by one, each in a Read of its own.
func TestByteByByte(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, text := range []string{
			"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
			"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x\r\nlo\r\n0\r\nA: b\r\n\r\n",
			"HTTP/1.1 200 OK\r\n\r\nhello",
		} {
			for _, pause := range []time.Duration{0, 3 * time.Millisecond, time.Minute} {
				near, far := net.Pipe()
				transport := newTransport(t, h1.Config{Dial: func(context.Context) (net.Conn, error) { return near, nil }})
				go func() {
					defer far.Close()
					if _, err := http.ReadRequest(bufio.NewReader(far)); err != nil {
						return
					}
					for i := range len(text) {
						time.Sleep(pause)
						if _, err := io.WriteString(far, text[i:i+1]); err != nil {
							return
						}
					}
				}()
				ctx, cancel := context.WithCancel(t.Context())
				if got := readAll(t, roundTrip(t, transport, newRequestWith(t, ctx, "GET", nil))); got != "hello" {
					t.Errorf("%v between bytes: got %q", pause, got)
				}
				cancel()
				transport.Close()
				synctest.Wait()
			}
		}
	})
}
