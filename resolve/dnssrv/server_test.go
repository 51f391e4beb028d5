package dnssrv_test

import (
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is a DNS server on a port of the loopback interface, by UDP and TCP.
// It knows what a test tells it.
type server struct {
	t    testing.TB
	addr string

	mu      sync.Mutex
	answers map[string]reply // by type and name, "SRV web.example."
	asked   []string         // with the transport, "udp SRV web.example."
}

// reply is what a server says to one question. Records are in the text form of
// zone files.
type reply struct {
	rcode            int
	answer, ns, glue []string

	referral bool // it speaks neither for the name nor for others
	cut      bool // by UDP it is cut short
	silent   bool // it says nothing
	other    bool // the response is for another question
	plain    bool // it knows no extension of DNS
}

func newServer(t testing.TB) *server {
	t.Helper()
	s := &server{t: t, answers: make(map[string]reply)}
	packets, streams := listen(t)
	s.addr = packets.LocalAddr().String()
	for _, each := range []*dns.Server{
		{PacketConn: packets, Handler: s.by("udp")},
		{Listener: streams, Handler: s.by("tcp")},
	} {
		started := make(chan struct{})
		each.NotifyStartedFunc = func() { close(started) }
		done := make(chan error, 1)
		go func() { done <- each.ActivateAndServe() }()
		<-started
		t.Cleanup(func() {
			if err := each.Shutdown(); err != nil {
				t.Error(err)
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	return s
}

// listen takes one port for both transports, which may need another try.
func listen(t testing.TB) (net.PacketConn, net.Listener) {
	t.Helper()
	for {
		packets, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if streams, err := net.Listen("tcp", packets.LocalAddr().String()); err == nil {
			return packets, streams
		}
		packets.Close()
	}
}

// set makes the server answer a question, "SRV web.example.".
func (s *server) set(question string, r reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[question] = r
}

func (s *server) remove(question string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.answers, question)
}

// questions are those that came since the last call.
func (s *server) questions() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked = nil
	return asked
}

func (s *server) by(transport string) dns.HandlerFunc {
	return func(w dns.ResponseWriter, question *dns.Msg) {
		if m := s.answer(transport, question); m != nil {
			_ = w.WriteMsg(m)
		}
	}
}

func (s *server) answer(transport string, question *dns.Msg) *dns.Msg {
	q := question.Question[0]
	what := dns.TypeToString[q.Qtype] + " " + strings.ToLower(q.Name)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, transport+" "+what)
	r, known := s.answers[what]
	m := new(dns.Msg)
	switch {
	case r.silent:
		return nil
	case r.plain && question.IsEdns0() != nil:
		return m.SetRcodeFormatError(question)
	}
	m.SetRcode(question, r.rcode)
	if !known {
		m.Rcode = dns.RcodeNameError
		for other := range s.answers {
			if strings.HasSuffix(other, what[strings.IndexByte(what, ' '):]) {
				m.Rcode = dns.RcodeSuccess // the name has other records
			}
		}
	}
	m.RecursionAvailable = !r.referral
	if r.other {
		m.Question[0].Name = "other.example."
	}
	m.Answer, m.Ns, m.Extra = s.records(r.answer), s.records(r.ns), s.records(r.glue)
	if r.cut && transport == "udp" {
		m.Truncated, m.Answer, m.Extra = true, nil, nil
	}
	return m
}

func (s *server) records(texts []string) []dns.RR {
	var all []dns.RR
	for _, text := range texts {
		rr, err := dns.NewRR(text)
		if err != nil {
			s.t.Errorf("record %q: %v", text, err)
			continue
		}
		all = append(all, rr)
	}
	return all
}
