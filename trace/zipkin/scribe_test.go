package zipkin_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/internal/spantest"
	"github.com/meshhop/meshhop/trace/zipkin"
)

// scribes is a Scribe without a network, for tests in a bubble of time.
type scribes struct {
	// answer says what the reply to a call is; 'x' cuts the connection, 's' is
	// silent. Calls without spans are numbered too. Nil: OK.
	answer func(call, spans int) byte
	delay  time.Duration

	mu       sync.Mutex
	frames   [][]byte
	at       []time.Time
	spans    int // that were replied to with OK
	largest  int
	dialled  int
	down     bool // no connection can be made
	messages [][]byte
}

// seen is what it got until now.
type seen struct {
	frames, messages        [][]byte
	spans, largest, dialled int
}

// seen waits until nobody is busy any more, and then reads under the lock, for
// connections go on.
func (s *scribes) seen() seen {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return seen{slices.Clone(s.frames), slices.Clone(s.messages), s.spans, s.largest, s.dialled}
}

// posted is how many spans came by HTTP until now.
func (w *wire) posted() int {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.spans
}

const (
	replyOK    = "\x80\x01\x00\x02\x00\x00\x00\x03Log\x00\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00"
	replyLater = "\x80\x01\x00\x02\x00\x00\x00\x03Log\x00\x00\x00\x00\x08\x00\x00\x00\x00\x00\x01\x00"
)

func (s *scribes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dialled++
	if s.down {
		return nil, &net.OpError{Op: "dial", Err: errors.New("nobody is there")}
	}
	mine, theirs := net.Pipe()
	go s.serve(mine)
	return theirs, nil
}

func (s *scribes) serve(c net.Conn) {
	defer c.Close()
	for {
		var length [4]byte
		if _, err := io.ReadFull(c, length[:]); err != nil {
			return
		}
		frame := make([]byte, binary.BigEndian.Uint32(length[:]))
		if _, err := io.ReadFull(c, frame); err != nil {
			return
		}
		messages := messagesOf(frame)
		s.mu.Lock()
		s.frames = append(s.frames, append(length[:], frame...))
		s.at = append(s.at, time.Now())
		call := len(s.frames)
		s.largest = max(s.largest, len(frame))
		what := byte('o')
		if s.answer != nil {
			what = s.answer(call, len(messages))
		}
		if what == 'o' {
			s.spans += len(messages)
			s.messages = append(s.messages, messages...)
		}
		s.mu.Unlock()
		time.Sleep(s.delay)
		reply := []byte(replyOK)
		switch what {
		case 'x':
			return
		case 's':
			_, _ = io.Copy(io.Discard, c)
			return
		case 'l':
			reply = []byte(replyLater)
		case 'h':
			reply = []byte("HTTP/1.1 400 Bad Request\r\n\r\n")
			_, _ = c.Write(reply)
			return
		case '1', '6': // TApplicationException
			reply = []byte("\x80\x01\x00\x03\x00\x00\x00\x03Log\x00\x00\x00\x00\x0b\x00\x01\x00\x00\x00\x02no\x08\x00\x02\x00\x00\x00")
			reply = append(reply, what-'0', 0)
		}
		copy(reply[11:], frame[11:15])
		if _, err := c.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(reply))), reply...)); err != nil {
			return
		}
	}
}

// messagesOf returns the spans of a call of Log, out of base64.
func messagesOf(frame []byte) [][]byte {
	var out [][]byte
	const head = "\x0b\x00\x01\x00\x00\x00\x06zipkin\x0b\x00\x02"
	for b := frame[23:]; len(b) > 1; {
		if !bytes.HasPrefix(b, []byte(head)) {
			panic("no entry: " + hex.Dump(b[:min(len(b), 64)]))
		}
		b = b[len(head):]
		n := binary.BigEndian.Uint32(b)
		span, err := base64.StdEncoding.DecodeString(string(b[4 : 4+n]))
		if err != nil || b[4+n] != 0 || b[4+n-1] != '\n' {
			panic("a broken entry")
		}
		out = append(out, span)
		b = b[4+n+1:]
	}
	if int(binary.BigEndian.Uint32(frame[19:])) != len(out) {
		panic("the wrong number of entries")
	}
	return out
}

// vector350 is a span of the specification, and what it is by Scribe.
func vector350() (*trace.Record, string) {
	start := time.UnixMicro(1700000000000000)
	return &trace.Record{
		Context: trace.Context{Trace: oteltrace.TraceID{15: 1}, Span: oteltrace.SpanID{7: 3}, Parent: oteltrace.SpanID{7: 2}},
		Name:    "outgoing /svc/hello", Service: "0.0.0.0/4140", Kind: oteltrace.SpanKindServer,
		Start: start, End: start.Add(1500 * time.Microsecond), Local: netip.MustParseAddrPort("127.0.0.1:4140"),
		Attributes: []attribute.KeyValue{attribute.String("router.label", "outgoing")},
	}, "CgABAAAAAAAAAAELAAMAAAATb3V0Z29pbmcgL3N2Yy9oZWxsbwoABAAAAAAAAAADCgAFAAAAAAAAAAIPAAYMAAAAAgoAAQAGCiQYHkAACwACAAAAAnNyDAADCAABfwAAAQYAAhAsCwADAAAADDAuMC4wLjAvNDE0MAAACgABAAYKJBgeRdwLAAIAAAACc3MMAAMIAAF/AAABBgACECwLAAMAAAAMMC4wLjAuMC80MTQwAAAPAAgMAAAAAQsAAQAAAAxyb3V0ZXIubGFiZWwLAAIAAAAIb3V0Z29pbmcIAAMAAAAGDAAECAABfwAAAQYAAhAsCwADAAAADDAuMC4wLjAvNDE0MAAAAgAJAAoACgAGCiQYHkAACgALAAAAAAAABdwA"
}

// Vectors 350, 351.
func TestScribeFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := new(scribes)
		s := newSink(t, zipkin.Config{Transport: "scribe", DialScribe: to.dial})
		r, want := vector350()
		s.Add(r)
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if len(to.seen().frames) != 1 {
			t.Fatalf("%d frames", len(to.seen().frames))
		}
		if got := base64.StdEncoding.EncodeToString(to.seen().messages[0]); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		head := "000001b280010001000000034c6f67000000010f00010c000000010b0001000000067a69706b696e0b000200000185"
		frame := hex.EncodeToString(to.seen().frames[0])
		if len(to.seen().frames[0]) != 438 || frame != head+hex.EncodeToString([]byte(want+"\n"))+"0000" {
			t.Errorf("a frame of %d bytes: %s", len(to.seen().frames[0]), frame)
		}
	})
}

// Where there is no Scribe, HTTP gets exactly what it would get without one.
func TestScribeBecomesTheSameJSON(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := new(bodies)
		s := newSink(t, zipkin.Config{Transport: "auto", DialScribe: (&scribes{down: true}).dial, Client: &http.Client{Transport: c}})
		records := append(spantest.Samples(20), full(), &trace.Record{}, &trace.Record{Name: "\xff\"\u2028", Kind: oteltrace.SpanKindProducer,
			Local: netip.MustParseAddrPort("[2001:db8::1]:80"), Peer: netip.MustParseAddrPort("10.0.0.1:0"),
			Attributes: []attribute.KeyValue{attribute.Bool("b", true), attribute.Float64("f", 1.5), attribute.Int("i", -3), attribute.String("lc", "x"), attribute.StringSlice("l", []string{"a", "b"})},
			Events:     []trace.Event{{Name: "cs"}, {Name: "ws"}, {Name: "ws"}, {Name: "wr", Time: time.UnixMicro(7)}, {Name: "ss", Attributes: []attribute.KeyValue{attribute.Int("a", 1)}}}})
		v, _ := vector350()
		records = append(records, v)
		var want []string
		for _, r := range records {
			s.Add(r)
			want = append(want, string(zipkin.AppendSpan(nil, r)))
			if err := s.Flush(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if d := cmp.Diff(want, c.spans(t)); d != "" {
			t.Error(d)
		}
		check(t, s, len(records))
	})
}

// bodies is a collector that keeps what it gets.
type bodies struct {
	mu  sync.Mutex
	all [][]byte
}

func (c *bodies) RoundTrip(r *http.Request) (*http.Response, error) {
	b, err := io.ReadAll(r.Body)
	_ = r.Body.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, b)
	return &http.Response{StatusCode: http.StatusAccepted, Header: http.Header{}, Body: http.NoBody}, err
}

func (c *bodies) spans(t *testing.T) (out []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, body := range c.all {
		var list []json.RawMessage
		if err := json.Unmarshal(body, &list); err != nil {
			t.Fatal(err)
		}
		for _, one := range list {
			out = append(out, string(one))
		}
	}
	return out
}

// A Scribe gets everything, whatever it does meanwhile.
func TestScribeDelivers(t *testing.T) {
	for name, answer := range map[string]func(call, spans int) byte{
		"prompt":    nil,
		"TRY_LATER": func(call, _ int) byte { return "lo"[call%2] },
		"cut":       func(call, _ int) byte { return "xo"[call%2] },
		"silent":    func(call, _ int) byte { return "os"[btoi(call%5 == 0)] },
		"exception": func(call, _ int) byte { return "6oo"[call%3] },
		"no Scribe": func(call, _ int) byte { return "hoo"[call%3] },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				to := &scribes{answer: answer, delay: 10 * time.Millisecond}
				s := newSink(t, zipkin.Config{Transport: "scribe", DialScribe: to.dial})
				const n = 20_000
				r := full()
				for range 20 {
					for range n / 20 {
						s.Add(r)
					}
					time.Sleep(100 * time.Millisecond)
				}
				if err := s.Close(t.Context()); err != nil {
					t.Error(err)
				}
				stats := settled(t, s, n)
				if stats.Exported != n || to.seen().spans != n {
					t.Errorf("%+v, the Scribe has %d", stats, to.seen().spans)
				}
				if to.seen().largest > 1<<20+64 {
					t.Errorf("the largest frame has %d bytes", to.seen().largest)
				}
				if answer == nil && (stats.Retries != 0 || to.seen().dialled > 8) {
					t.Errorf("%+v, %d connections", stats, to.seen().dialled)
				}
			})
		})
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// One that is not there, is silent, or refuses, costs what is counted.
func TestScribeGivesUp(t *testing.T) {
	for _, row := range []struct {
		name   string
		to     *scribes
		reason func(trace.Drops) uint64
		calls  int
	}{
		{"down", &scribes{down: true}, func(d trace.Drops) uint64 { return d.Refused }, 0},
		{"cut", &scribes{answer: func(int, int) byte { return 'x' }}, func(d trace.Drops) uint64 { return d.Refused }, 4},
		{"silent", &scribes{answer: func(int, int) byte { return 's' }}, func(d trace.Drops) uint64 { return d.Timeout }, 4},
		{"TRY_LATER", &scribes{answer: func(int, int) byte { return 'l' }}, func(d trace.Drops) uint64 { return d.Status }, 4},
		{"internal error", &scribes{answer: func(int, int) byte { return '6' }}, func(d trace.Drops) uint64 { return d.Status }, 4},
		{"unknown method", &scribes{answer: func(int, int) byte { return '1' }}, func(d trace.Drops) uint64 { return d.Status }, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSink(t, zipkin.Config{Transport: "scribe", DialScribe: row.to.dial, MaxRetries: 3})
				s.Add(full())
				if err := s.Flush(t.Context()); err != nil {
					t.Error(err)
				}
				if stats := settled(t, s, 1); row.reason(stats.Dropped) != 1 || len(row.to.seen().frames) != row.calls {
					t.Errorf("%+v after %d calls", stats, len(row.to.seen().frames))
				}
			})
		})
	}
}

func TestScribeBudgetIsExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const budget = 200_001
		to := &scribes{answer: func(int, int) byte { return 's' }}
		s := newSink(t, zipkin.Config{Transport: "scribe", DialScribe: to.dial, MaxBytes: budget, Timeout: time.Hour})
		for range 1000 {
			s.Add(full())
			if held := s.Stats().QueuedBytes; held > budget {
				t.Fatalf("%d bytes are held", held)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Close(ctx); err == nil {
			t.Error("nothing is left")
		}
		if stats := settled(t, s, 1000); stats.Dropped.QueueFull == 0 || stats.Dropped.Shutdown == 0 {
			t.Errorf("%+v", stats)
		}
	})
}

func TestScribeAddAllocatesNothing(t *testing.T) {
	s := newSink(t, zipkin.Config{Transport: "scribe", DialScribe: (&scribes{}).dial, FlushEvery: time.Hour})
	r := spantest.Samples(2)[1]
	for range 20_000 { // the chunks are there
		s.Add(r)
	}
	if err := s.Flush(within(t, time.Minute)); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(300, func() { s.Add(r) }); n != 0 && !raced {
		t.Errorf("%v allocations", n)
	}
}

// settled is check once nobody is busy any more.
func settled(t *testing.T, s *zipkin.Sink, received int) trace.PipelineStats {
	t.Helper()
	synctest.Wait()
	return check(t, s, received)
}

// lines is a log that keeps the messages at Info.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelInfo}))
}

// said is what the log got until now.
func (l *lines) said() []string {
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.all)
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if text := string(b); strings.Contains(text, "level=INFO") {
		_, text, _ = strings.Cut(text, "msg=")
		l.all = append(l.all, strings.TrimSpace(text))
	}
	return len(b), nil
}

// Auto finds out by a call without spans, says so once, and no span goes twice.
func TestAuto(t *testing.T) {
	for _, row := range []struct {
		name   string
		to     *scribes
		scribe bool
		said   string
	}{
		{"a Scribe", &scribes{}, true, `"spans are sent by Scribe" to=127.0.0.1:9410`},
		{"a Scribe that wants them later", &scribes{answer: func(call, _ int) byte { return "ol"[btoi(call == 1)] }}, true, `"spans are sent by Scribe"`},
		{"nobody", &scribes{down: true}, false, `"spans are sent by HTTP because there is no Scribe" to=http://127.0.0.1:9411/api/v2/spans scribe=`},
		{"silence", &scribes{answer: func(int, int) byte { return 's' }}, false, `"spans are sent by HTTP because there is no Scribe"`},
		{"HTTP", &scribes{answer: func(int, int) byte { return 'h' }}, false, `not the reply to a Scribe call`},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log lines
				w := new(wire)
				s := newSink(t, zipkin.Config{Transport: "auto", DialScribe: row.to.dial, Client: w.client(), ErrorLog: log.logger()})
				began := time.Now()
				const n = 3000
				for range 3 {
					for range n / 3 {
						s.Add(full())
					}
					if err := s.Flush(t.Context()); err != nil {
						t.Error(err)
					}
				}
				if took := time.Since(began); took > 3*time.Second {
					t.Errorf("it took %v", took)
				}
				byScribe, byHTTP := 0, n
				if row.scribe {
					byScribe, byHTTP = n, 0
				}
				stats := settled(t, s, n)
				if row.to.seen().spans != byScribe || w.posted() != byHTTP || stats.Exported != n || stats.Retries != 0 {
					t.Errorf("%d by Scribe, %d by HTTP, %+v", row.to.seen().spans, w.posted(), stats)
				}
				if len(log.said()) != 1 || !strings.Contains(log.said()[0], row.said) {
					t.Errorf("it said %q", log.said())
				}
				if len(row.to.seen().frames) > 0 && len(messagesOf(row.to.seen().frames[0][4:])) != 0 {
					t.Error("the first call has spans")
				}
				if err := s.Close(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// After a failure Auto looks again, and spans find whoever is there.
func TestAutoLooksAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log lines
		to, w := &scribes{down: true}, &wire{answer: func(int) (int, string) { return -1, "" }}
		s := newSink(t, zipkin.Config{Transport: "auto", DialScribe: to.dial, Client: &http.Client{Transport: refusing{w}}, ErrorLog: log.logger()})
		set := func(down bool, answer func(int) (int, string)) {
			to.mu.Lock()
			to.down = down
			to.mu.Unlock()
			w.mu.Lock()
			w.answer = answer
			w.mu.Unlock()
		}
		total := 0
		pass := func(wait time.Duration) {
			for range 100 {
				s.Add(full())
			}
			total += 100
			time.Sleep(wait)
		}
		pass(5 * time.Second) // nobody is there
		if to.seen().spans+w.posted() != 0 || len(log.said()) != 0 {
			t.Errorf("%d, %d, %q", to.seen().spans, w.posted(), log.said())
		}
		set(false, w.answer) // a Scribe begins
		pass(20 * time.Second)
		if to.seen().spans != 200 || w.posted() != 0 || len(log.said()) != 1 {
			t.Errorf("%d, %d, %q", to.seen().spans, w.posted(), log.said())
		}
		// It becomes a Zipkin with HTTP only. Connections that it had are cut.
		to.mu.Lock()
		to.answer = func(int, int) byte { return 'x' }
		to.mu.Unlock()
		set(true, nil)
		if err := s.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		pass(time.Minute)
		pass(time.Minute)
		stats := settled(t, s, total)
		if got := uint64(to.seen().spans + w.posted()); got != stats.Exported || stats.Exported+stats.Dropped.Total() != uint64(total) || w.posted() < 100 || len(log.said()) != 2 {
			t.Errorf("%d by Scribe, %d by HTTP, %+v, %q", to.seen().spans, w.posted(), stats, log.said())
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// refusing turns the wire's failures into those of dialling.
type refusing struct{ *wire }

func (r refusing) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := r.wire.RoundTrip(req)
	if err != nil {
		err = &net.OpError{Op: "dial", Err: err}
	}
	return resp, err
}

func TestScribeConfig(t *testing.T) {
	for _, c := range []zipkin.Config{
		{Transport: "https"}, {Transport: "scribe", ScribeAddr: "zipkin"}, {Transport: "auto", ScribeAddr: ":9410"}, {Transport: "auto", Endpoint: "zipkin"},
	} {
		if _, err := zipkin.New(c); err == nil {
			t.Errorf("accepted %+v", c)
		}
	}
	for _, transport := range []string{"http", "scribe", "auto"} {
		newSink(t, zipkin.Config{Transport: transport})
	}
}
