package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// The streams attack: a client of HTTP/2 that keeps the hop busy with what costs it less
// than the hop, or that does not take what it has asked for.

// streamMemory is by how much each may have the hop grow.
const streamMemory = 96 << 20

const streamsHop = `routers:
- protocol: http
  label: attacked
  dtab: /svc => /$/inet/%[1]s
  servers: [{ip: 127.0.0.1, port: PORT, protocols: [http/1.1, h2c], serverSession: {responseTimeMs: 1000}}]
`

// streamsKind is one thing that such a client does.
type streamsKind struct {
	name string
	// sends writes the frames of one round, of so many.
	sends  func(c *streamsClient, round int)
	rounds int
	stays  bool // the connection is not closed
	resets int  // how many streams the hop resets
}

func streamsKinds() []streamsKind {
	return []streamsKind{
		{name: "requests that are reset at once", rounds: 50_000, sends: func(c *streamsClient, n int) {
			c.request(n, "/")
			_ = c.WriteRSTStream(streamOf(n), http2.ErrCodeCancel)
		}},
		{name: "requests that have the hop reset them", rounds: 50_000, sends: func(c *streamsClient, n int) {
			c.request(n, "/")
			_ = c.WriteWindowUpdate(streamOf(n), 1<<31-1)
		}},
		{name: "a header without an end", rounds: 4000, sends: func(c *streamsClient, n int) {
			fragment := bytes.Repeat([]byte{0x82}, 16<<10) // :method: GET, again and again
			if n == 0 {
				_ = c.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: fragment})
			}
			_ = c.WriteContinuation(1, false, fragment)
		}},
		{name: "pings", rounds: 1_000_000, sends: func(c *streamsClient, _ int) { _ = c.WritePing(false, [8]byte{}) }},
		{name: "settings", rounds: 1_000_000, sends: func(c *streamsClient, _ int) { _ = c.WriteSettings() }},
		{name: "responses of 64 MiB that are not taken", rounds: 500, stays: true, resets: 500, sends: func(c *streamsClient, n int) { c.request(n, largePath) }},
	}
}

func streamOf(n int) uint32 { return uint32(2*n + 1) }

func streamsAttack() *attack {
	return &attack{
		name:  "streams",
		about: "connections of HTTP/2 that reset, ask for answers, do not end a header or do not take responses; what is sent until they end, and what it costs",
		make: func(ctx context.Context, s *scene, out io.Writer) ([]string, error) {
			return streams(ctx, s, streamsKinds(), out)
		},
	}
}

func streams(ctx context.Context, s *scene, kinds []streamsKind, out io.Writer) ([]string, error) {
	backend, err := newWeb(200, 0)
	if err != nil {
		return nil, err
	}
	defer backend.close()
	h, err := openHop(ctx, s, fmt.Sprintf(streamsHop, path(backend.addr)))
	if err != nil {
		return nil, err
	}
	t := newCheck(out, "frames", "sent", "of", "connection", "processor", "memory", "others")
	for _, kind := range kinds {
		before, _ := h.memory()
		cpu := h.cpu()
		others := startSteady(ctx, h.addr, "web", 2, false)
		got, err := kind.make(h.addr)
		if err != nil {
			others.end()
			return t.broken, errors.Join(h.failed(err), h.stop())
		}
		served, why := others.end()
		now, _ := h.memory()
		ended := "closed"
		switch {
		case got.calm:
			ended = "told to be calm"
		case !got.closed:
			ended = "open"
		}
		switch {
		case kind.stays && got.closed:
			why = first(why, "the connection was closed")
		case kind.resets != got.resets && kind.stays:
			why = first(why, fmt.Sprintf("%d streams were reset, must be %d", got.resets, kind.resets))
		case !kind.stays && !got.closed:
			why = first(why, "the connection is open")
		}
		t.row(first(why, atMost("bytes", now-before, streamMemory)), kind.name, fmt.Sprint(got.sent), fmt.Sprint(kind.rounds), ended,
			fmt.Sprintf("%d ms", (h.cpu()-cpu).Milliseconds()), mebibytes(max(now-before, 0)), served)
	}
	return t.broken, h.stop()
}

// streamsResult is what became of a connection.
type streamsResult struct {
	sent         int // rounds
	closed, calm bool
	resets       int
}

// streamsClient writes frames to a buffer.
type streamsClient struct {
	*http2.Framer
	out, text bytes.Buffer
	fields    *hpack.Encoder
}

// request asks for a path.
func (c *streamsClient) request(n int, path string) {
	c.text.Reset()
	for _, f := range []hpack.HeaderField{{Name: ":method", Value: "GET"}, {Name: ":scheme", Value: "http"}, {Name: ":authority", Value: "web"}, {Name: ":path", Value: path}} {
		_ = c.fields.WriteField(f)
	}
	_ = c.WriteHeaders(http2.HeadersFrameParam{StreamID: streamOf(n), BlockFragment: c.text.Bytes(), EndStream: true, EndHeaders: true})
}

// streamsTime is how long a connection has to end, or to have its streams reset.
const streamsTime = 20 * time.Second

// make does it, and reads what comes meanwhile.
func (k streamsKind) make(addr string) (got streamsResult, err error) {
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		return got, err
	}
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(streamsTime))
	c := &streamsClient{}
	c.Framer, c.fields = http2.NewFramer(&c.out, nc), hpack.NewEncoder(&c.text)
	c.AllowIllegalWrites = true
	c.out.WriteString(http2.ClientPreface)
	_ = c.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
	var calm, over atomic.Bool
	read := make(chan int)
	go func() {
		resets := 0
		for resets < k.resets || !k.stays {
			f, err := c.ReadFrame()
			if err != nil {
				timeout, ok := err.(net.Error)
				over.Store(!ok || !timeout.Timeout())
				break
			}
			switch f := f.(type) {
			case *http2.RSTStreamFrame:
				resets++
			case *http2.GoAwayFrame:
				calm.Store(f.ErrCode == http2.ErrCodeEnhanceYourCalm)
			}
		}
		read <- resets
	}()
	for ; got.sent < k.rounds && !over.Load(); got.sent++ {
		k.sends(c, got.sent)
		if c.out.Len() < 16<<10 && got.sent < k.rounds-1 {
			continue
		}
		if _, err := nc.Write(c.out.Bytes()); err != nil {
			break
		}
		c.out.Reset()
	}
	got.resets = <-read
	got.closed, got.calm = over.Load(), calm.Load()
	return got, nil
}
