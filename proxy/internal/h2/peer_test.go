package h2_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2/hpack"

	"github.com/meshhop/meshhop/internal/h2wire"
)

// A peer is a client that says frames of its own choice, and notes what comes back.
type peer struct {
	t       testing.TB
	nc      net.Conn
	encoder *hpack.Encoder
	block   bytes.Buffer
	decoder *hpack.Decoder
	lines   map[uint32][]string // what came, of each stream
	data    map[uint32]int      // bytes of DATA
	order   []uint32            // streams in the order of their DATA
	fields  map[uint32][]hpack.HeaderField
	last    []byte // of PING
	goaway  []uint32
	wait    time.Duration
}

func newPeer(t testing.TB, addr string) *peer {
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	return peerOn(t, nc)
}

func peerOn(t testing.TB, nc net.Conn) *peer {
	p := &peer{t: t, nc: nc, lines: map[uint32][]string{}, data: map[uint32]int{}, fields: map[uint32][]hpack.HeaderField{}, wait: 10 * time.Second}
	p.encoder = hpack.NewEncoder(&p.block)
	p.decoder = hpack.NewDecoder(4096, nil)
	return p
}

// begin sends the preface and SETTINGS.
func (p *peer) begin(settings ...h2wire.Setting) *peer {
	p.send(h2wire.AppendSettings([]byte(h2wire.Preface), settings...))
	return p
}

// send sends bytes. The connection may be closed already.
func (p *peer) send(b []byte) error {
	_, err := p.nc.Write(b)
	return err
}

// head returns a header block of fields "name: value", or ":name value".
func (p *peer) head(fields ...string) []byte {
	p.block.Reset()
	for _, f := range fields {
		name, value, _ := strings.Cut(f, " ")
		if !strings.HasPrefix(name, ":") {
			name = strings.TrimSuffix(name, ":")
		}
		_ = p.encoder.WriteField(hpack.HeaderField{Name: name, Value: value})
	}
	return slices.Clone(p.block.Bytes())
}

func headers(stream uint32, flags uint8, block []byte) []byte {
	return append(h2wire.AppendHeader(nil, len(block), h2wire.Headers, flags, stream), block...)
}

// request returns HEADERS of a request that ends with it, or does not.
func (p *peer) request(stream uint32, method, path string, end bool, more ...string) []byte {
	var flags uint8 = h2wire.EndHeaders
	if end {
		flags |= h2wire.EndStream
	}
	fields := append([]string{":method " + method, ":scheme http", ":authority a.example", ":path " + path}, more...)
	return headers(stream, flags, p.head(fields...))
}

// next reads a frame. It returns false if the connection has ended.
func (p *peer) next() (h h2wire.Header, payload []byte, ok bool) {
	_ = p.nc.SetReadDeadline(time.Now().Add(p.wait))
	var head [h2wire.HeaderSize]byte
	if _, err := io.ReadFull(p.nc, head[:]); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			p.t.Fatalf("nothing comes any more; what came: %v", p.lines)
		}
		p.note(0, "closed")
		return h, nil, false
	}
	h = h2wire.ParseHeader(head[:])
	payload = make([]byte, h.Length)
	if _, err := io.ReadFull(p.nc, payload); err != nil {
		p.note(0, "closed")
		return h, nil, false
	}
	p.heard(h, payload)
	return h, payload, true
}

// heard notes a frame.
func (p *peer) heard(h h2wire.Header, payload []byte) {
	end := ""
	if h.Has(h2wire.EndStream) {
		end = " END"
	}
	switch h.Type {
	case h2wire.Headers:
		if !h.Has(h2wire.EndHeaders) {
			p.t.Fatal("a header block in more than one frame")
		}
		fields, err := p.decoder.DecodeFull(payload)
		if err != nil {
			p.t.Fatal(err)
		}
		p.fields[h.Stream] = append(p.fields[h.Stream], fields...)
		if status := fields[0]; status.Name == ":status" {
			p.note(h.Stream, status.Value+end)
			return
		}
		texts := []string{}
		for _, f := range fields {
			texts = append(texts, f.Name+"="+f.Value)
		}
		slices.Sort(texts)
		p.note(h.Stream, "trailers "+strings.Join(texts, " ")+end)
	case h2wire.Data:
		p.data[h.Stream] += len(payload)
		p.order = append(p.order, h.Stream)
		lines := p.lines[h.Stream]
		if n := len(lines) - 1; n >= 0 && strings.HasPrefix(lines[n], "DATA ") && len(payload)+len(lines[n]) < 200 {
			lines[n] += string(payload) + end
			return
		} else if n >= 0 && strings.HasPrefix(lines[n], "DATA ") {
			lines[n] = "DATA many" + end
			return
		}
		p.note(h.Stream, "DATA "+string(payload)+end)
	case h2wire.RSTStream:
		p.note(h.Stream, "RST "+h2wire.ResetCode(payload).String())
	case h2wire.GoAway:
		last, code, _ := h2wire.ParseGoAway(payload)
		p.note(0, "GOAWAY "+code.String())
		p.goaway = append(p.goaway, last)
	case h2wire.Ping:
		if h.Has(h2wire.Ack) {
			p.note(0, "PONG "+string(payload))
		} else {
			p.note(0, "PING")
			p.last = payload
		}
	case h2wire.WindowUpdate:
		if h.Stream != 0 {
			p.note(h.Stream, "UPDATE")
		}
	}
}

func (p *peer) note(stream uint32, line string) {
	p.lines[stream] = append(p.lines[stream], line)
}

// has reports whether a line has come.
func (p *peer) has(stream uint32, line string) bool { return slices.Contains(p.lines[stream], line) }

// until reads until a line has come. It fails if the connection ends before.
func (p *peer) until(stream uint32, line string) {
	p.t.Helper()
	for !p.has(stream, line) {
		if _, _, ok := p.next(); !ok && !p.has(stream, line) {
			p.t.Fatalf("%d %q did not come, but %v", stream, line, p.lines)
		}
	}
}

// sync reads until all is read that the server had to say to what was sent.
func (p *peer) sync(text string) {
	p.t.Helper()
	p.send(h2wire.AppendPing(nil, false, []byte(text)))
	p.until(0, "PONG "+text)
}
