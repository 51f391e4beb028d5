package dnssrv_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/dnssrv"
	"github.com/meshhop/meshhop/resolve/resolvetest"
)

// system finds only what the system's file of hosts would have.
type system map[string]string

func (s system) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if ip := s[host]; ip != "" {
		return []netip.Addr{netip.MustParseAddr(ip)}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func newNamer(t testing.TB, c dnssrv.Config) *dnssrv.Namer {
	t.Helper()
	if c.Resolver == nil {
		c.Resolver = system{}
	}
	if c.ResolvConf == "" {
		c.ResolvConf = filepath.Join(t.TempDir(), "none")
	}
	n, err := dnssrv.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	return n
}

// answerOf gives what a name is now: "Neg", its addresses, or a failure.
func answerOf(t testing.TB, n resolve.Namer, name string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	a := n.Lookup(resolve.MustPath(name))
	defer a.Observe(func(resolve.State[resolve.NameTree[resolve.Name]]) {})()
	tree, err := a.Wait(ctx)
	if err != nil {
		return err.Error()
	}
	if tree.Op != resolve.Leaf {
		return tree.Op.String()
	}
	r, err := tree.Leaf.Bound.Addr.Wait(ctx)
	if err != nil {
		return err.Error()
	}
	return show(r.Addresses)
}

func show(addresses []resolve.Address) string {
	var all []string
	for _, a := range addresses {
		text := a.Host + "=" + a.AddrPort.String()
		if a.Weight != 1 {
			text += fmt.Sprintf("*%.4g", a.Weight)
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}

func TestConformance(t *testing.T) {
	resolvetest.TestNamer(t, func(t *testing.T) resolvetest.Subject {
		s := newServer(t)
		s.set("SRV web.example.", reply{answer: []string{"web.example. SRV 0 0 80 a.example."}})
		s.set("A a.example.", reply{answer: []string{"a.example. A 127.0.0.1"}})
		return resolvetest.Subject{
			Namer:   newNamer(t, dnssrv.Config{Servers: []string{s.addr}, MaxRefresh: 10 * time.Millisecond}),
			Exists:  resolve.MustPath("/web.example."),
			Missing: resolve.MustPath("/new.example."),
			Add: func() {
				s.set("SRV new.example.", reply{answer: []string{"new.example. 0 SRV 0 0 81 a.example."}})
			},
			Remove: func() { s.remove("SRV new.example.") },
			Move: func() {
				s.set("SRV new.example.", reply{answer: []string{"new.example. 0 SRV 0 0 82 a.example."}})
			},
		}
	})
}

const soa = "example. 300 SOA ns. admin. 1 1 1 1 60"

func TestAnswers(t *testing.T) {
	many := func(n int) (all []string) {
		for i := range n {
			all = append(all, fmt.Sprintf("web. SRV 0 0 %d a.", i+1))
		}
		return all
	}
	type zone map[string]reply
	a := reply{answer: []string{"a. A 10.0.0.1"}}
	b := reply{answer: []string{"b. A 10.0.0.2"}}
	for _, c := range []struct {
		what string
		zone zone
		want string
	}{
		{"no such name", zone{}, "Neg"},
		{"no such records", zone{"A web.": a}, "Neg"},
		{"one record", zone{"SRV web.": {answer: []string{"web. SRV 1 2 80 a."}}, "A a.": a}, "a=10.0.0.1:80"},
		{"names in any case", zone{"SRV web.": {answer: []string{"WEB. SRV 1 2 80 A."}}, "A a.": {answer: []string{"A. A 10.0.0.1"}}}, "a=10.0.0.1:80"},
		{"two ports", zone{"SRV web.": {answer: []string{"web. SRV 1 2 81 a.", "web. SRV 1 2 80 a."}}, "A a.": a}, "a=10.0.0.1:80 a=10.0.0.1:81"},
		{"a record twice", zone{"SRV web.": {answer: []string{"web. SRV 1 1 80 a.", "web. SRV 1 2 80 a.", "web. SRV 1 1 80 b."}}, "A a.": a, "A b.": b}, "a=10.0.0.1:80*3 b=10.0.0.2:80"},
		{"weights", zone{"SRV web.": {answer: []string{"web. SRV 1 20 80 a.", "web. SRV 1 60 80 b."}}, "A a.": a, "A b.": b}, "a=10.0.0.1:80*20 b=10.0.0.2:80*60"},
		{"weights that are the same", zone{"SRV web.": {answer: []string{"web. SRV 1 50 80 a.", "web. SRV 1 50 80 b."}}, "A a.": a, "A b.": b}, "a=10.0.0.1:80 b=10.0.0.2:80"},
		{"weights of zero alone", zone{"SRV web.": {answer: []string{"web. SRV 1 0 80 a.", "web. SRV 1 0 80 b."}}, "A a.": a, "A b.": b}, "a=10.0.0.1:80 b=10.0.0.2:80"},
		{"weights of zero beside another", zone{"SRV web.": {answer: []string{"web. SRV 1 0 80 a.", "web. SRV 1 0 81 a.", "web. SRV 1 9 80 b."}}, "A a.": a, "A b.": b}, "a=10.0.0.1:80*0.5 a=10.0.0.1:81*0.5 b=10.0.0.2:80*9"},
		{"a weight is shared by the addresses of a target", zone{"SRV web.": {answer: []string{"web. SRV 1 10 80 a.", "web. SRV 1 10 80 b."}}, "A a.": {answer: []string{"a. A 10.0.0.4", "a. A 10.0.0.3"}}, "A b.": b}, "a=10.0.0.3:80*5 a=10.0.0.4:80*5 b=10.0.0.2:80*10"},
		{"priorities", zone{"SRV web.": {answer: []string{"web. SRV 2 1 80 a.", "web. SRV 1 1 80 b."}}, "A a.": a, "A b.": b}, "b=10.0.0.2:80"},
		{"a priority where nobody is", zone{"SRV web.": {answer: []string{"web. SRV 2 1 80 a.", "web. SRV 1 1 80 gone."}}, "A a.": a}, "a=10.0.0.1:80"},
		{"a priority that cannot be looked up", zone{"SRV web.": {answer: []string{"web. SRV 2 1 80 a.", "web. SRV 1 1 80 b."}}, "A a.": a, "A b.": {rcode: dns.RcodeServerFailure}}, "a=10.0.0.1:80"},
		{"one target that is not there", zone{"SRV web.": {answer: []string{"web. SRV 1 1 80 a.", "web. SRV 1 1 80 gone."}}, "A a.": a}, "a=10.0.0.1:80"},
		{"no target is there", zone{"SRV web.": {answer: []string{"web. SRV 1 1 80 gone."}}}, "Neg"},
		{"decidedly not", zone{"SRV web.": {answer: []string{"web. SRV 0 0 0 ."}}}, "Neg"},
		{"port 0", zone{"SRV web.": {answer: []string{"web. SRV 0 0 0 a.", "web. SRV 0 0 80 a."}}, "A a.": a}, "a=10.0.0.1:80"},
		{"glue", zone{"SRV web.": {answer: []string{"web. SRV 1 1 80 a.", "web. SRV 1 1 80 b."}, glue: []string{"a. A 10.0.0.9", "b. A 10.0.0.8", "c. A 10.0.0.7"}}}, "a=10.0.0.9:80 b=10.0.0.8:80"},
		{"glue for one of two", zone{"SRV web.": {answer: []string{"web. SRV 1 1 80 a.", "web. SRV 1 1 80 b."}, glue: []string{"a. A 10.0.0.9"}}, "A b.": b}, "a=10.0.0.9:80 b=10.0.0.2:80"},
		{"IPv6", zone{"SRV web.": {answer: []string{"web. SRV 1 1 80 a."}}, "AAAA a.": {answer: []string{"a. AAAA ::2", "a. AAAA ::1"}}}, "a=[::1]:80 a=[::2]:80"},
		{"both families", zone{"SRV web.": {answer: []string{"web. SRV 1 1 80 a."}, glue: []string{"a. AAAA ::1", "a. A 10.0.0.1"}}}, "a=10.0.0.1:80"},
		{"a target that the system knows", zone{"SRV web.": {answer: []string{"web. SRV 1 1 80 known."}}}, "known=10.9.9.9:80"},
		{"an alias", zone{"SRV web.": {answer: []string{"web. CNAME w.", "w. CNAME x.", "x. SRV 1 1 80 a."}}, "A a.": {answer: []string{"a. CNAME b.", "b. A 10.0.0.2"}}}, "a=10.0.0.2:80"},
		{"an alias that is left to us", zone{"SRV web.": {answer: []string{"web. CNAME w."}}, "SRV w.": {answer: []string{"w. SRV 1 1 80 a."}}, "A a.": a}, "a=10.0.0.1:80"},
		{"an alias of nothing", zone{"SRV web.": {answer: []string{"web. CNAME w."}, ns: []string{soa}}, "SRV w.": {answer: []string{"w. SRV 1 1 80 a."}}, "A a.": a}, "Neg"},
		{"an alias of itself", zone{"SRV web.": {answer: []string{"web. CNAME web."}}}, "dnssrv: look up SRV of web.: it leads through more than 8 aliases"},
		{"aliases without end", zone{"SRV web.": {answer: []string{"web. CNAME w."}}, "SRV w.": {answer: []string{"w. CNAME web."}}}, "dnssrv: look up SRV of web.: it leads through more than 8 aliases"},
		{"more than fits a packet", zone{"SRV web.": {answer: many(900), cut: true}, "A a.": a}, "900"},
		{"as many as allowed", zone{"SRV web.": {answer: many(1000), cut: true}, "A a.": a}, "1000"},
		{"too many", zone{"SRV web.": {answer: many(1001), cut: true}, "A a.": a}, "dnssrv: web. has 1001 SRV records; the limit is 1000"},
		{"a server without extensions", zone{"SRV web.": {answer: []string{"web. SRV 1 2 80 a."}, plain: true}, "A a.": a}, "a=10.0.0.1:80"},
		{"a broken server", zone{"SRV web.": {rcode: dns.RcodeServerFailure}}, "dnssrv: look up SRV of web.: server ADDR: it says SERVFAIL"},
		{"a server that will not", zone{"SRV web.": {rcode: dns.RcodeRefused}}, "dnssrv: look up SRV of web.: server ADDR: it says REFUSED"},
		{"a server of something else", zone{"SRV web.": {referral: true, ns: []string{"example. NS ns."}}}, "dnssrv: look up SRV of web.: server ADDR: it has no data for that name"},
		{"an answer to another question", zone{"SRV web.": {other: true, answer: []string{"web. SRV 1 2 80 a."}}}, "dnssrv: look up SRV of web.: server ADDR: the response is for another question"},
		{"no target can be looked up", zone{"SRV web.": {answer: []string{"web. SRV 1 1 80 a."}}, "A a.": {rcode: dns.RcodeServerFailure}}, "dnssrv: web.: dnssrv: look up A of a.: server ADDR: it says SERVFAIL"},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := newServer(t)
			for question, r := range c.zone {
				s.set(question, r)
			}
			n := newNamer(t, dnssrv.Config{Servers: []string{s.addr}, Resolver: system{"known.": "10.9.9.9"}})
			got := answerOf(t, n, "/web.")
			if count := strings.Count(got, "="); count > 10 {
				got = fmt.Sprint(count)
			}
			if want := strings.ReplaceAll(c.want, "ADDR", s.addr); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

// TestQuestions checks what is asked, of whom and how.
func TestQuestions(t *testing.T) {
	srv := reply{answer: []string{"web.example. SRV 1 1 80 a."}}
	a := reply{answer: []string{"a. A 10.0.0.1"}}
	for _, c := range []struct {
		what, name, conf string
		dead             bool // there is another server, before this one
		zone             map[string]reply
		want             string
		questions        []string
	}{
		{what: "an absolute name", name: "/web.example.", conf: "search example", zone: map[string]reply{"SRV web.example.": srv, "A a.": a},
			want: "a=10.0.0.1:80", questions: []string{"udp SRV web.example.", "udp A a."}},
		{what: "a name in upper case", name: "/WEB.example.", zone: map[string]reply{"SRV web.example.": srv, "A a.": a},
			want: "a=10.0.0.1:80", questions: []string{"udp SRV web.example.", "udp A a."}},
		{what: "a relative name", name: "/web", conf: "search one.example example", zone: map[string]reply{"SRV web.example.": srv, "A a.": a},
			want: "a=10.0.0.1:80", questions: []string{"udp SRV web.one.example.", "udp SRV web.example.", "udp A a."}},
		{what: "a relative name with a dot", name: "/web.example", conf: "search one.example", zone: map[string]reply{"SRV web.example.": srv, "A a.": a},
			want: "a=10.0.0.1:80", questions: []string{"udp SRV web.example.", "udp A a."}},
		{what: "a relative name and many dots", name: "/web.example", conf: "search one.example\noptions ndots:5", zone: map[string]reply{"SRV web.example.": srv, "A a.": a},
			want: "a=10.0.0.1:80", questions: []string{"udp SRV web.example.one.example.", "udp SRV web.example.", "udp A a."}},
		{what: "no other name stands in for one that cannot be looked up", name: "/web", conf: "search one.example example", zone: map[string]reply{"SRV web.one.example.": {rcode: dns.RcodeServerFailure}, "SRV web.example.": srv},
			want: "dnssrv: look up SRV of web.one.example.: server ADDR: it says SERVFAIL", questions: []string{"udp SRV web.one.example.", "udp SRV web.one.example."}},
		{what: "an answer that is cut short", name: "/web.example.", zone: map[string]reply{"SRV web.example.": {cut: true, answer: srv.answer, glue: []string{"a. A 10.0.0.2"}}},
			want: "a=10.0.0.2:80", questions: []string{"udp SRV web.example.", "tcp SRV web.example."}},
		{what: "a server that is dead", name: "/web.example.", dead: true, zone: map[string]reply{"SRV web.example.": srv, "A a.": a},
			want: "a=10.0.0.1:80", questions: []string{"udp SRV web.example.", "udp A a."}},
		{what: "no domain", name: "/web..example", want: "Neg"},
		{what: "no domain at all", name: "/a$b", want: "Neg"},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := newServer(t)
			for question, r := range c.zone {
				s.set(question, r)
			}
			conf := filepath.Join(t.TempDir(), "resolv.conf")
			if err := os.WriteFile(conf, []byte(c.conf+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			config := dnssrv.Config{ResolvConf: conf, Servers: []string{s.addr}}
			if c.dead {
				config.Servers = []string{nobody(t), s.addr}
			}
			n := newNamer(t, config)
			if got, want := answerOf(t, n, c.name), strings.ReplaceAll(c.want, "ADDR", s.addr); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if diff := cmp.Diff(c.questions, s.questions()); diff != "" {
				t.Errorf("questions (-want +got):\n%s", diff)
			}
		})
	}
}

// nobody is an address where nobody listens.
func nobody(t testing.TB) string {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.LocalAddr().String()
}

func TestNewRefuses(t *testing.T) {
	for what, c := range map[string]dnssrv.Config{
		"a server that is none":       {Servers: []string{"a:b"}},
		"a negative refresh":          {MinRefresh: -1},
		"another negative refresh":    {MaxRefresh: -1},
		"a refresh that is no period": {MinRefresh: 2, MaxRefresh: 1},
	} {
		if _, err := dnssrv.New(c); err == nil {
			t.Errorf("%s was taken", what)
		}
	}
}

// TestClose closes while a silent server is being asked.
func TestClose(t *testing.T) {
	s := newServer(t)
	s.set("SRV web.", reply{silent: true})
	n := newNamer(t, dnssrv.Config{Servers: []string{s.addr}})
	a := n.Lookup(resolve.MustPath("/web."))
	stop := a.Observe(func(resolve.State[resolve.NameTree[resolve.Name]]) {})
	defer stop()
	start := time.Now()
	for range 2 {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}
	if took := time.Since(start); took > 1500*time.Millisecond {
		t.Errorf("it waited %s for the server", took)
	}
	if got := answerOf(t, n, "/web."); got != "dnssrv: the namer is closed" {
		t.Errorf("after Close: %s", got)
	}
}
