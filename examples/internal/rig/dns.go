package rig

import (
	"net"

	"golang.org/x/net/dns/dnsmessage"
)

// DNS is a server on this machine. Each name that it knows is 127.0.0.1, for a
// second.
type DNS struct {
	conn   net.PacketConn
	answer func(name string) dnsmessage.RCode
	done   chan struct{}
}

// NewDNS starts a server. It knows the names, such as "web.test.", that answer
// returns RCodeSuccess for; answer is called once for each question, in one
// goroutine. Close the server after use.
func NewDNS(answer func(name string) dnsmessage.RCode) (*DNS, error) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &DNS{conn: conn, answer: answer, done: make(chan struct{})}
	go s.serve()
	return s, nil
}

// Addr is where the server is, "ip:port".
func (s *DNS) Addr() string { return s.conn.LocalAddr().String() }

// Close ends the server.
func (s *DNS) Close() {
	s.conn.Close()
	<-s.done
}

func (s *DNS) serve() {
	defer close(s.done)
	buffer := make([]byte, 1500)
	for {
		n, from, err := s.conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buffer[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		q := m.Questions[0]
		m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
		m.RCode = s.answer(q.Name.String())
		if m.RCode == dnsmessage.RCodeSuccess && q.Type == dnsmessage.TypeA {
			m.Answers = []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET, TTL: 1},
				Body:   &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}},
			}}
		}
		if reply, err := m.Pack(); err == nil {
			_, _ = s.conn.WriteTo(reply, from) // who does not get it asks again
		}
	}
}
