package h2client_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/internal/h2client"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Types and flags of frames (RFC 9113 section 6).
const (
	frameData     = 0x0
	frameHeaders  = 0x1
	frameReset    = 0x3
	frameSettings = 0x4
	framePing     = 0x6
	frameGoAway   = 0x7

	endStream  = 0x1
	ack        = 0x1
	endHeaders = 0x4
)

// peer is one connection of a server that a test writes down frame by frame.
type peer struct {
	net.Conn
	in *bufio.Reader
}

// status200 is ":status: 200" (RFC 7541 appendix A).
const status200 = "\x88"

// listen starts a server that gives each connection to a script, with its number from 0 on.
// It returns a transport for it.
func listen(t *testing.T, config h2client.Config, script func(p *peer, n int)) *h2client.Transport {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	all.Go(func() {
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			all.Go(func() {
				defer c.Close()
				script(&peer{c, bufio.NewReader(c)}, n)
			})
		}
	})
	tr := to(l.Addr().String(), config)
	t.Cleanup(func() {
		tr.Close()
		l.Close()
		mu.Lock()
		for _, c := range open {
			c.Close()
		}
		mu.Unlock()
		all.Wait()
	})
	return tr
}

// to returns a transport for an address.
func to(addr string, config h2client.Config) *h2client.Transport {
	config.Addr = addr
	config.Dial = func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", addr)
	}
	return h2client.New(config)
}

// greet reads the client's preface and says which settings the server has.
func (p *peer) greet(settings ...uint32) {
	_, _ = io.ReadFull(p.in, make([]byte, 24))
	var payload []byte
	for i := 0; i+1 < len(settings); i += 2 {
		payload = binary.BigEndian.AppendUint16(payload, uint16(settings[i]))
		payload = binary.BigEndian.AppendUint32(payload, settings[i+1])
	}
	p.frame(frameSettings, 0, 0, string(payload))
}

// frame writes one.
func (p *peer) frame(kind, flags byte, stream uint32, payload string) {
	head := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags}
	head = binary.BigEndian.AppendUint32(head, stream)
	_, _ = p.Write(append(head, payload...))
}

// number is a payload that is one.
func number(ns ...uint32) string {
	var b []byte
	for _, n := range ns {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	return string(b)
}

// read reads the next frame.
func (p *peer) read() (kind, flags byte, stream uint32, payload []byte, err error) {
	var head [9]byte
	if _, err = io.ReadFull(p.in, head[:]); err != nil {
		return 0, 0, 0, nil, err
	}
	payload = make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
	_, err = io.ReadFull(p.in, payload)
	return head[3], head[4], binary.BigEndian.Uint32(head[5:]) &^ (1 << 31), payload, err
}

// await reads on until a frame of the kind comes. It answers pings meanwhile.
func (p *peer) await(kind byte) (stream uint32, payload []byte, err error) {
	for {
		k, flags, s, payload, err := p.read()
		if err != nil || k == kind {
			return s, payload, err
		}
		if k == framePing && flags&ack == 0 {
			p.frame(framePing, ack, 0, string(payload))
		}
	}
}

// drain reads until the client closes.
func (p *peer) drain() { _, _, _ = p.await(0xff) }

func get(t *testing.T, ctx context.Context) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, "GET", "http://web/", nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// fails sends a request that must fail, in the response's body at the latest.
func fails(t *testing.T, tr *h2client.Transport, r *http.Request) *h2client.Error {
	t.Helper()
	resp, err := tr.RoundTrip(r)
	if err == nil {
		_, err = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	own := (*h2client.Error)(nil)
	if !errors.As(err, &own) {
		t.Fatalf("the error is %v", err)
	}
	return own
}

// answered sends a request that must be answered.
func answered(t *testing.T, tr *h2client.Transport, r *http.Request) string {
	t.Helper()
	resp, err := tr.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// soon is when a test gives up.
func soon(t *testing.T, c <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(20 * time.Second):
		t.Fatal("waited in vain: " + what)
	}
}

// until waits for what happens in another goroutine.
func until(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !happened(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain: " + what)
		}
	}
}
