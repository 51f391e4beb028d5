// Package h2peer is a server of HTTP/2 that a test writes down frame by frame, for what a
// server of net/http never does.
package h2peer

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"
)

// Types and flags of frames (RFC 9113 section 6).
const (
	Data     = 0x0
	Headers  = 0x1
	Reset    = 0x3
	Settings = 0x4
	Ping     = 0x6
	GoAway   = 0x7

	EndStream  = 0x1
	Ack        = 0x1
	EndHeaders = 0x4
)

// A Peer is one connection of a server that a test writes down frame by frame.
type Peer struct {
	net.Conn
	in *bufio.Reader
}

// Status200 is ":status: 200" (RFC 7541 appendix A).
const Status200 = "\x88"

// Listen starts a server that gives each connection to a script, with its number from 0 on.
// It returns its address.
func Listen(t testing.TB, script func(p *Peer, n int)) (addr string) {
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
				script(&Peer{c, bufio.NewReader(c)}, n)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for _, c := range open {
			c.Close()
		}
		mu.Unlock()
		all.Wait()
	})
	return l.Addr().String()
}

// Preface reads the client's preface.
func (p *Peer) Preface() { _, _ = io.ReadFull(p.in, make([]byte, 24)) }

// Greet reads the client's preface and says which settings the server has.
func (p *Peer) Greet(settings ...uint32) {
	p.Preface()
	var payload []byte
	for i := 0; i+1 < len(settings); i += 2 {
		payload = binary.BigEndian.AppendUint16(payload, uint16(settings[i]))
		payload = binary.BigEndian.AppendUint32(payload, settings[i+1])
	}
	p.Frame(Settings, 0, 0, string(payload))
}

// Frame writes one.
func (p *Peer) Frame(kind, flags byte, stream uint32, payload string) {
	head := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags}
	head = binary.BigEndian.AppendUint32(head, stream)
	_, _ = p.Write(append(head, payload...))
}

// Number is a payload that is one.
func Number(ns ...uint32) string {
	var b []byte
	for _, n := range ns {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	return string(b)
}

// Next reads the next frame.
func (p *Peer) Next() (kind, flags byte, stream uint32, payload []byte, err error) {
	var head [9]byte
	if _, err = io.ReadFull(p.in, head[:]); err != nil {
		return 0, 0, 0, nil, err
	}
	payload = make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
	_, err = io.ReadFull(p.in, payload)
	return head[3], head[4], binary.BigEndian.Uint32(head[5:]) &^ (1 << 31), payload, err
}

// Await reads on until a frame of the kind comes. It answers pings meanwhile.
func (p *Peer) Await(kind byte) (stream uint32, payload []byte, err error) {
	for {
		k, flags, s, payload, err := p.Next()
		if err != nil || k == kind {
			return s, payload, err
		}
		if k == Ping && flags&Ack == 0 {
			p.Frame(Ping, Ack, 0, string(payload))
		}
	}
}

// Drain reads until the client closes.
func (p *Peer) Drain() { _, _, _ = p.Await(0xff) }

// Say answers a stream with a body.
func (p *Peer) Say(id uint32, body string) {
	p.Frame(Headers, EndHeaders, id, Status200)
	p.Frame(Data, EndStream, id, body)
}
