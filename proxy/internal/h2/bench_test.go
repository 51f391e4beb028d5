package h2_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"log"
	"net"
	"net/http"
	"runtime"
	"testing"
	"time"

	"golang.org/x/net/http2/hpack"

	"github.com/meshhop/meshhop/internal/h2wire"
	"github.com/meshhop/meshhop/proxy/internal/h2"
)

// unary answers as a gRPC service does: a message, and trailers.
func unary(w http.ResponseWriter, r *http.Request) {
	var message [64]byte
	n, _ := io.ReadFull(r.Body, message[:])
	header := w.Header()
	header["Content-Type"] = []string{"application/grpc"}
	header[http.TrailerPrefix+"Grpc-Status"] = []string{"0"}
	_, _ = w.Write(message[:n])
}

// netHTTP serves with net/http's server until the test ends.
func netHTTP(t testing.TB, h http.Handler) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	s := &http.Server{Handler: h, Protocols: &protocols, ErrorLog: log.New(io.Discard, "", 0)}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() { s.Close(); <-served })
	return l.Addr().String()
}

// A caller sends unary calls over one connection, some at a time, and allocates little.
type caller struct {
	conn net.Conn
	in   []byte
	r, w int
	next uint32
	out  []byte
	head []byte // a header block, of which all fields are in the table
}

func newCaller(t testing.TB, addr string) *caller {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	c := &caller{conn: conn, in: make([]byte, 64<<10), next: 1}
	c.out = append(c.out, h2wire.Preface...)
	c.out = h2wire.AppendSettings(c.out, h2wire.Setting{ID: h2wire.InitialWindowSize, Value: 1 << 20})
	c.out = h2wire.AppendWindowUpdate(c.out, 0, 1<<30)
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for range 2 { // the second one is short
		block.Reset()
		for _, f := range [...]hpack.HeaderField{
			{Name: ":method", Value: "POST"}, {Name: ":scheme", Value: "http"}, {Name: ":path", Value: "/helloworld.Greeter/SayHello"},
			{Name: ":authority", Value: "greeter.example:50051"}, {Name: "content-type", Value: "application/grpc"},
			{Name: "user-agent", Value: "grpc-go/1.80.0"}, {Name: "te", Value: "trailers"}, {Name: "grpc-timeout", Value: "999m"},
		} {
			if err := encoder.WriteField(f); err != nil {
				t.Fatal(err)
			}
		}
		if c.head == nil {
			c.call(block.Bytes())
		}
		c.head = append([]byte(nil), block.Bytes()...)
	}
	c.flush(t)
	c.await(t, 1)
	return c
}

// call appends a call.
func (c *caller) call(head []byte) {
	c.out = append(h2wire.AppendHeader(c.out, len(head), h2wire.Headers, h2wire.EndHeaders, c.next), head...)
	c.out = h2wire.AppendData(c.out, c.next, true, []byte("\x00\x00\x00\x00\x07\x0a\x05world"))
	c.next += 2
}

func (c *caller) flush(t testing.TB) {
	if _, err := c.conn.Write(c.out); err != nil {
		t.Fatal(err)
	}
	c.out = c.out[:0]
}

// await waits for the ends of at least n streams, and returns how many have ended.
func (c *caller) await(t testing.TB, n int) (ended int) {
	for {
		for c.w-c.r >= h2wire.HeaderSize {
			h := h2wire.ParseHeader(c.in[c.r:])
			if c.w-c.r < h2wire.HeaderSize+h.Length {
				break
			}
			payload := c.in[c.r+h2wire.HeaderSize:][:h.Length]
			c.r += h2wire.HeaderSize + h.Length
			switch h.Type {
			case h2wire.Data, h2wire.Headers:
				if h.Has(h2wire.EndStream) {
					ended++
				}
			case h2wire.Settings:
				if !h.Has(h2wire.Ack) {
					c.out = h2wire.AppendSettingsAck(c.out)
				}
			case h2wire.Ping:
				if !h.Has(h2wire.Ack) {
					c.out = h2wire.AppendPing(c.out, true, payload)
				}
			case h2wire.RSTStream, h2wire.GoAway:
				t.Fatalf("frame of type %d, code %d", h.Type, binary.BigEndian.Uint32(payload[len(payload)-4:]))
			}
		}
		if ended >= n {
			return ended
		}
		c.w = copy(c.in, c.in[c.r:c.w])
		c.r = 0
		got, err := c.conn.Read(c.in[c.w:])
		if c.w += got; err != nil {
			t.Fatal(err)
		}
	}
}

// run makes calls, of which some are under way at a time.
func (c *caller) run(t testing.TB, calls, parallel int) {
	sent := min(calls, parallel)
	for range sent {
		c.call(c.head)
	}
	for ended := 0; ended < calls; {
		if len(c.out) > 0 {
			c.flush(t)
		}
		n := c.await(t, 1)
		ended += n
		for range min(n, calls-sent) {
			c.call(c.head)
			sent++
		}
	}
}

var servers = []struct {
	name  string
	start func(testing.TB, http.Handler) string
}{
	{"h2", func(t testing.TB, h http.Handler) string { addr, _ := start(t, h2.Config{Handler: h}); return addr }},
	{"net/http", netHTTP},
}

// BenchmarkUnary is one connection with 1 and with 64 calls at a time.
func BenchmarkUnary(b *testing.B) {
	for _, parallel := range []int{1, 64} {
		for _, s := range servers {
			b.Run(s.name+map[int]string{1: "/1", 64: "/64"}[parallel], func(b *testing.B) {
				c := newCaller(b, s.start(b, http.HandlerFunc(unary)))
				c.run(b, 1000, parallel)
				b.ReportAllocs()
				runtime.GC()
				b.ResetTimer()
				c.run(b, b.N, parallel)
			})
		}
	}
}

// BenchmarkRatio tells how many times as long this server takes as net/http's, in one run,
// with 64 calls at a time.
func BenchmarkRatio(b *testing.B) {
	var callers [2]*caller
	for i, s := range servers {
		callers[i] = newCaller(b, s.start(b, http.HandlerFunc(unary)))
		callers[i].run(b, 1000, 64)
	}
	var took [2]time.Duration
	b.ResetTimer()
	for left := b.N; left > 0; left -= 1000 {
		for i, c := range callers {
			began := time.Now()
			c.run(b, min(left, 1000), 64)
			took[i] += time.Since(began)
		}
	}
	b.ReportMetric(float64(took[0])/float64(took[1]), "x-net/http")
}

// BenchmarkDownload is a response of 64 MiB to a client that reads as fast as it can.
func BenchmarkDownload(b *testing.B) {
	const size = 64 << 20
	piece := make([]byte, 32<<10)
	large := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range size / len(piece) {
			_, _ = w.Write(piece)
		}
	})
	for _, s := range servers {
		b.Run(s.name, func(b *testing.B) {
			addr := s.start(b, large)
			b.SetBytes(size)
			for b.Loop() {
				p := newPeer(b, addr).begin(h2wire.Setting{ID: h2wire.InitialWindowSize, Value: 1 << 30})
				_ = p.send(h2wire.AppendWindowUpdate(nil, 0, 1<<30))
				_ = p.send(p.request(1, get, "/", true))
				in := make([]byte, 256<<10)
				for got := 0; got < size; {
					n, err := p.nc.Read(in)
					if got += n; err != nil {
						b.Fatal(err)
					}
				}
				p.nc.Close()
			}
		})
	}
}
