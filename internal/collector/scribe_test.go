package collector_test

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/internal/collector"
)

// span350 is a server span in base64.
const span350 = "CgABAAAAAAAAAAELAAMAAAATb3V0Z29pbmcgL3N2Yy9oZWxsbwoABAAAAAAAAAADCgAFAAAAAAAAAAIPAAYMAAAAAgoAAQAGCiQYHkAACwACAAAAAnNyDAADCAABfwAAAQYAAhAsCwADAAAADDAuMC4wLjAvNDE0MAAACgABAAYKJBgeRdwLAAIAAAACc3MMAAMIAAF/AAABBgACECwLAAMAAAAMMC4wLjAuMC80MTQwAAAPAAgMAAAAAQsAAQAAAAxyb3V0ZXIubGFiZWwLAAIAAAAIb3V0Z29pbmcIAAMAAAAGDAAECAABfwAAAQYAAhAsCwADAAAADDAuMC4wLjAvNDE0MAAAAgAJAAoACgAGCiQYHkAACgALAAAAAAAABdwA"

const json350 = `[{"traceId":"0000000000000001","parentId":"0000000000000002","id":"0000000000000003","kind":"SERVER","name":"outgoing /svc/hello","timestamp":1700000000000000,"duration":1500,"localEndpoint":{"serviceName":"0.0.0.0/4140","ipv4":"127.0.0.1","port":4140},"tags":{"router.label":"outgoing"}}]`

func frame(payload string) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(len(payload)))) + payload
}

func text(s string) string { return frame(s) } // a string has the same length before it

func logCall(entries ...string) string {
	return frame("\x80\x01\x00\x01" + text("Log") + "\x00\x00\x00\x01" + logArgs(entries...))
}

func logArgs(entries ...string) string {
	return "\x0f\x00\x01\x0c" + string(binary.BigEndian.AppendUint32(nil, uint32(len(entries)))) + strings.Join(entries, "") + "\x00"
}

func logEntry(category, message string) string {
	return "\x0b\x00\x01" + text(category) + "\x0b\x00\x02" + text(message) + "\x00"
}

const (
	okReply    = "0000001780010002000000034c6f67000000010800000000000000"
	laterReply = "0000001780010002000000034c6f67000000010800000000000100"
)

// startScribe returns a collector and where its Scribe listens.
func startScribe(t *testing.T, c collector.Config, sc collector.ScribeConfig) (*collector.Collector, string) {
	t.Helper()
	col, err := collector.New(c)
	if err != nil {
		t.Fatal(err)
	}
	s, err := col.NewScribe(sc)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
		goleak.VerifyNone(t, goleak.IgnoreCurrent())
	})
	return col, l.Addr().String()
}

func dialScribe(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	return conn
}

// reply reads a frame; "" says that the connection is closed.
func reply(t *testing.T, conn net.Conn) string {
	t.Helper()
	var length [4]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		if ne, ok := err.(net.Error); ok && ne.Timeout() {
			t.Fatal(err)
		}
		return ""
	}
	b := make([]byte, binary.BigEndian.Uint32(length[:]))
	if _, err := io.ReadFull(conn, b); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(append(length[:], b...))
}

// Vectors 350-355: what a frame is replied to, and what is stored.
func TestScribeFrames(t *testing.T) {
	mime := span350[:76] + "\r\n" + span350[76:] + "\n"
	good := logCall(logEntry("zipkin", span350+"\n"))
	if len(good) != 438 {
		t.Fatalf("a frame of %d bytes", len(good))
	}
	for _, row := range []struct {
		name, in string
		reply    string // begins like this, without the length; "": closed
		stored   uint64
		rejected collector.Rejected
	}{
		{"a span", good, okReply, 1, collector.Rejected{}},
		{"the old header", frame(text("Log") + "\x01\x00\x00\x00\x01" + logArgs(logEntry("zipkin", span350))), okReply, 1, collector.Rejected{}},
		{"MIME", logCall(logEntry("zipkin", mime)), okReply, 1, collector.Rejected{}},
		{"nothing", logCall(), okReply, 0, collector.Rejected{}},
		{"another category", logCall(logEntry("other", "??")), okReply, 0, collector.Rejected{}},
		{"not base64", logCall(logEntry("zipkin", span350), logEntry("zipkin", "not-base64")), "80010003", 0, collector.Rejected{Malformed: 1}},
		{"not Thrift", logCall(logEntry("zipkin", "AAAA")), "80010003", 0, collector.Rejected{Malformed: 1}},
		{"another method", frame("\x80\x01\x00\x01" + text("Get") + "\x00\x00\x00\x01\x00"), "80010003", 0, collector.Rejected{Malformed: 1}},
		{"no frame", "GET / HTTP/1.1\r\n\r\n", "", 0, collector.Rejected{Malformed: 1}},
		{"no frame, but a call", good[4:], "", 0, collector.Rejected{Malformed: 1}},
		{"an empty frame", frame(""), "", 0, collector.Rejected{Malformed: 1}},
		{"no call", frame("hello, world"), "", 0, collector.Rejected{Malformed: 1}},
		{"too large", "\x00\x50\x00\x00", "", 0, collector.Rejected{TooLarge: 1}},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, addr := startScribe(t, collector.Config{MaxBodyBytes: 1 << 20}, collector.ScribeConfig{})
			conn := dialScribe(t, addr)
			if _, err := io.WriteString(conn, row.in); err != nil {
				t.Fatal(err)
			}
			got := reply(t, conn)
			ok := got == row.reply
			if strings.HasPrefix(row.reply, "80010003") {
				ok = len(got) > 8 && strings.HasPrefix(got[8:], row.reply)
			}
			if !ok {
				t.Errorf("replied %s", got)
			}
			if stats := c.Stats(); stats.Stored != row.stored || stats.Rejected != row.rejected {
				t.Errorf("%+v", stats)
			}
			if row.stored > 0 {
				if got := everything(c); got != "["+json350+"]" && !strings.Contains(got, json350) {
					t.Errorf("it has %s", got)
				}
			}
			if row.reply == "" {
				return
			}
			// The connection is good for another call.
			if _, err := io.WriteString(conn, good+good); err != nil {
				t.Fatal(err)
			}
			if a, b := reply(t, conn), reply(t, conn); a != okReply || b != okReply {
				t.Errorf("then replied %s, %s", a, b)
			}
		})
	}
}

func TestScribeBounds(t *testing.T) {
	good := logCall(logEntry("zipkin", span350))
	t.Run("a slow frame", func(t *testing.T) {
		c, addr := startScribe(t, collector.Config{UploadTimeout: 50 * time.Millisecond}, collector.ScribeConfig{})
		conn := dialScribe(t, addr)
		_, _ = io.WriteString(conn, good[:100])
		if got := reply(t, conn); got != "" {
			t.Errorf("replied %s", got)
		}
		if stats := c.Stats(); stats.Rejected.Slow != 1 {
			t.Errorf("%+v", stats)
		}
	})
	t.Run("an idle connection", func(t *testing.T) {
		_, addr := startScribe(t, collector.Config{}, collector.ScribeConfig{IdleTimeout: 50 * time.Millisecond})
		if got := reply(t, dialScribe(t, addr)); got != "" {
			t.Errorf("replied %s", got)
		}
	})
	t.Run("a cut frame", func(t *testing.T) {
		c, addr := startScribe(t, collector.Config{}, collector.ScribeConfig{})
		conn := dialScribe(t, addr)
		_, _ = io.WriteString(conn, good[:100])
		_ = conn.(*net.TCPConn).CloseWrite()
		if got := reply(t, conn); got != "" || c.Stats().Rejected.Aborted != 1 {
			t.Errorf("replied %s, %+v", got, c.Stats())
		}
	})
	t.Run("too many connections", func(t *testing.T) {
		c, addr := startScribe(t, collector.Config{}, collector.ScribeConfig{MaxConnections: 1})
		first := dialScribe(t, addr)
		_, _ = io.WriteString(first, good)
		if got := reply(t, first); got != okReply {
			t.Fatalf("replied %s", got)
		}
		if got := reply(t, dialScribe(t, addr)); got != "" || c.Stats().Rejected.Busy != 1 {
			t.Errorf("replied %s, %+v", got, c.Stats())
		}
	})
	t.Run("closed", func(t *testing.T) {
		c, addr := startScribe(t, collector.Config{}, collector.ScribeConfig{})
		_ = c.Close()
		conn := dialScribe(t, addr)
		_, _ = io.WriteString(conn, good)
		if got := reply(t, conn); got != "" || c.Stats().Rejected.Closed != 1 {
			t.Errorf("replied %s, %+v", got, c.Stats())
		}
	})
	c, err := collector.New(collector.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.NewScribe(collector.ScribeConfig{MaxConnections: -1}); err == nil {
		t.Error("took a negative number")
	}
}

// FuzzScribe: any bytes in a frame, and any in a message.
func FuzzScribe(f *testing.F) {
	span, _ := base64.StdEncoding.DecodeString(span350)
	f.Add([]byte(logCall(logEntry("zipkin", span350))[4:]), false)
	f.Add(span, true)
	f.Add([]byte("\x80\x01\x00\x01\x00\x00\x00\x03Log\x00\x00\x00\x01\x0d\x00\x05\x0b\x0f\x7f\xff\xff\xff"), false)
	f.Fuzz(func(t *testing.T, b []byte, message bool) {
		in := frame(string(b))
		if message {
			in = logCall(logEntry("zipkin", base64.StdEncoding.EncodeToString(b)))
		}
		c := fuzzed(t)
		s, err := c.NewScribe(collector.ScribeConfig{})
		if err != nil {
			t.Fatal(err)
		}
		l := newOneConn(in)
		if err := s.Serve(l); err != nil && !strings.Contains(err.Error(), "closed") {
			t.Fatal(err)
		}
		if err := s.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		_ = everything(c)
		if w := ask(c, httptest.NewRequest("GET", "/traces/1", nil)); w.Code >= 500 {
			t.Fatal(w.Code)
		}
	})
}

// oneConn is a listener with one connection, which has in to read and forgets
// what is written. It is closed when that has been read.
type oneConn struct {
	net.Listener
	in   *strings.Reader
	one  chan net.Conn
	over chan struct{}
}

func newOneConn(in string) *oneConn {
	l := &oneConn{in: strings.NewReader(in), one: make(chan net.Conn, 1), over: make(chan struct{})}
	l.one <- readOnly{in: l.in, over: l.over}
	return l
}

func (l *oneConn) Accept() (net.Conn, error) {
	select {
	case c := <-l.one:
		return c, nil
	case <-l.over:
		return nil, net.ErrClosed
	}
}

func (l *oneConn) Close() error { return nil }

type readOnly struct {
	net.Conn
	in   *strings.Reader
	over chan struct{}
}

func (r readOnly) Read(p []byte) (int, error)       { return r.in.Read(p) }
func (r readOnly) Write(p []byte) (int, error)      { return len(p), nil }
func (r readOnly) SetReadDeadline(time.Time) error  { return nil }
func (r readOnly) SetWriteDeadline(time.Time) error { return nil }
func (r readOnly) Close() error {
	select {
	case <-r.over:
	default:
		close(r.over)
	}
	return nil
}
