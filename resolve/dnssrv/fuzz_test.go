package dnssrv_test

import (
	"context"
	"testing"

	"github.com/miekg/dns"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/dnssrv"
)

// scrambled answers every question with the same bytes, under the question's
// own number.
type scrambled []byte

func (s scrambled) Exchange(_ context.Context, question *dns.Msg, _ string) (*dns.Msg, error) {
	m := new(dns.Msg)
	if err := m.Unpack(s); err != nil {
		return nil, err
	}
	m.Id = question.Id
	return m, nil
}

// FuzzAnswer gives the namer answers of whatever kind.
func FuzzAnswer(f *testing.F) {
	for _, records := range [][]string{
		{"web. 30 SRV 1 2 80 a.", "web. 30 SRV 0 0 81 a.", "a. 5 A 10.0.0.1"},
		{"web. CNAME w.", "w. CNAME web."},
		{"web. SRV 0 0 0 ."},
		{"web. SRV 65535 65535 65535 web.", "web. AAAA ::1"},
	} {
		m := new(dns.Msg).SetQuestion("web.", dns.TypeSRV)
		m.Response, m.RecursionAvailable = true, true
		for _, text := range records {
			rr, err := dns.NewRR(text)
			if err != nil {
				f.Fatal(err)
			}
			m.Answer, m.Extra = append(m.Answer, rr), append(m.Extra, rr)
		}
		data, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n := newNamer(t, dnssrv.Config{Exchanger: scrambled(data)})
		a := n.Lookup(resolve.MustPath("/web."))
		defer a.Observe(func(resolve.State[resolve.NameTree[resolve.Name]]) {})()
		tree, err := a.Wait(t.Context())
		if err != nil || tree.Op != resolve.Leaf {
			return
		}
		r, err := tree.Leaf.Bound.Addr.Wait(t.Context())
		if err != nil || len(r.Addresses) == 0 || len(r.Addresses) > 1000 {
			t.Fatalf("%d addresses, %v", len(r.Addresses), err)
		}
		for _, a := range r.Addresses {
			if !a.AddrPort.IsValid() || a.AddrPort.Port() == 0 || !(a.Weight > 0) {
				t.Errorf("address %+v", a)
			}
		}
	})
}

// FuzzName looks up names of whatever kind, where every domain has a record.
func FuzzName(f *testing.F) {
	for _, label := range []string{"web.", "_http._tcp.web", "", ".", "a..b", "a\\b", "\x00", "xn--a", "*.a"} {
		f.Add(label)
	}
	f.Fuzz(func(t *testing.T, label string) {
		if label == "" || len(label) > 1000 {
			return
		}
		n := newNamer(t, dnssrv.Config{Exchanger: everywhere{}})
		tree, err := n.Lookup(resolve.Path{}.AppendLabel(label)).Wait(t.Context())
		if err != nil || tree.Op == resolve.Leaf && tree.Leaf.Bound.ID != (resolve.Path{}).AppendLabel(label) {
			t.Errorf("%q: %v, %v", label, tree.Op, err)
		}
	})
}

// everywhere has a record for each question that can be sent.
type everywhere struct{}

func (everywhere) Exchange(_ context.Context, question *dns.Msg, _ string) (*dns.Msg, error) {
	if _, err := question.Pack(); err != nil {
		return nil, err
	}
	m := new(dns.Msg).SetReply(question)
	m.RecursionAvailable = true
	m.Answer = []dns.RR{&dns.SRV{
		Hdr:  dns.RR_Header{Name: question.Question[0].Name, Rrtype: dns.TypeSRV, Class: dns.ClassINET, Ttl: 10},
		Port: 80, Target: "a.",
	}}
	rr, err := dns.NewRR("a. A 10.0.0.1")
	m.Extra = []dns.RR{rr}
	return m, err
}
