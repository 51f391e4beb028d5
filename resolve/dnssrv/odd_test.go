package dnssrv_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"github.com/meshhop/meshhop/resolve/dnssrv"
)

// exchanging is an exchanger by a function. It notes which servers are asked what.
type exchanging struct {
	f     func(question *dns.Msg) (*dns.Msg, error)
	mu    sync.Mutex
	asked []string
}

func (e *exchanging) Exchange(_ context.Context, question *dns.Msg, server string) (*dns.Msg, error) {
	e.mu.Lock()
	e.asked = append(e.asked, server+" "+question.Question[0].Name)
	e.mu.Unlock()
	return e.f(question)
}

// replying gives a response with these records, and what a change makes of it.
func replying(change func(m *dns.Msg), records ...string) *exchanging {
	return &exchanging{f: func(question *dns.Msg) (*dns.Msg, error) {
		m := new(dns.Msg).SetReply(question)
		m.RecursionAvailable = true
		for _, text := range records {
			rr, err := dns.NewRR(text)
			if err != nil {
				return nil, err
			}
			if rr.Header().Rrtype == question.Question[0].Qtype || rr.Header().Rrtype == dns.TypeCNAME {
				m.Answer = append(m.Answer, rr)
			}
		}
		if change != nil {
			change(m)
		}
		return m, nil
	}}
}

// timedOut is an error of a network.
type timedOut struct{ error }

func (timedOut) Timeout() bool   { return true }
func (timedOut) Temporary() bool { return true }

// TestOddResponses: what is no answer to the question is an error that says why, and what
// says that there is nothing is believed only of somebody who can know.
func TestOddResponses(t *testing.T) {
	records := []string{"web. SRV 1 1 80 a.", "a. A 10.0.0.1"}
	failing := func(err error) *exchanging {
		return &exchanging{f: func(*dns.Msg) (*dns.Msg, error) { return nil, err }}
	}
	nothing := func(change func(m *dns.Msg)) *exchanging {
		return replying(func(m *dns.Msg) { m.RecursionAvailable = false; change(m) })
	}
	aliases := func(n int) *exchanging {
		all := []string{fmt.Sprintf("x%d. SRV 1 1 80 a.", n), "a. A 10.0.0.1", "web. CNAME x1."}
		for i := range n - 1 {
			all = append(all, fmt.Sprintf("x%d. CNAME x%d.", i+1, i+2))
		}
		return replying(nil, all...)
	}
	addresses := func(n int) *exchanging {
		all := []string{"web. SRV 1 1 80 a."}
		for i := range n {
			all = append(all, fmt.Sprintf("a. A 10.0.%d.%d", i>>8, i&255))
		}
		return replying(nil, all...)
	}
	const prefix = "dnssrv: look up SRV of web.: server 10.0.0.53:53: "
	for what, c := range map[string]struct {
		by   *exchanging
		want string
	}{
		"a good one":           {replying(nil, records...), "a=10.0.0.1:80"},
		"none":                 {&exchanging{f: func(*dns.Msg) (*dns.Msg, error) { return nil, nil }}, prefix + "no response"},
		"a question":           {replying(func(m *dns.Msg) { m.Response = false }, records...), prefix + "the response is for another question"},
		"no question":          {replying(func(m *dns.Msg) { m.Question = nil }, records...), prefix + "the response is for another question"},
		"two questions":        {replying(func(m *dns.Msg) { m.Question = append(m.Question, m.Question[0]) }, records...), prefix + "the response is for another question"},
		"another type":         {replying(func(m *dns.Msg) { m.Question[0].Qtype = dns.TypeTXT }, records...), prefix + "the response is for another question"},
		"another class":        {replying(func(m *dns.Msg) { m.Question[0].Qclass = dns.ClassCHAOS }, records...), prefix + "the response is for another question"},
		"another name":         {replying(func(m *dns.Msg) { m.Question[0].Name = "wep." }, records...), prefix + "the response is for another question"},
		"a name in upper case": {replying(func(m *dns.Msg) { m.Question[0].Name = strings.ToUpper(m.Question[0].Name) }, records...), "a=10.0.0.1:80"},
		"cut short":            {replying(func(m *dns.Msg) { m.Truncated = true }, records...), prefix + "the response is truncated"},
		"an unknown code":      {replying(func(m *dns.Msg) { m.Rcode = 3841 }, records...), prefix + "it says code 3841"},
		"no such name":         {replying(func(m *dns.Msg) { m.Rcode = dns.RcodeNameError }), "Neg"},
		"nothing, recursively": {replying(nil), "Neg"},
		"nothing, with a word": {nothing(func(m *dns.Msg) { m.Authoritative = true }), "Neg"},
		"nothing, with a SOA":  {nothing(func(m *dns.Msg) { m.Ns = []dns.RR{&dns.SOA{Hdr: dns.RR_Header{Rrtype: dns.TypeSOA}}} }), "Neg"},
		"nothing but a name":   {nothing(func(m *dns.Msg) { m.Ns = []dns.RR{&dns.NS{Hdr: dns.RR_Header{Rrtype: dns.TypeNS}}} }), prefix + "it has no data for that name"},
		"data without a word":  {replying(func(m *dns.Msg) { m.RecursionAvailable = false }, records...), "a=10.0.0.1:80"},
		"a broken network":     {failing(&net.OpError{Op: "read", Net: "udp", Err: errors.New("broken")}), prefix + "broken"},
		"a timeout":            {failing(timedOut{errors.New("late")}), prefix + "no response in 2s"},
		"the end of the time":  {failing(fmt.Errorf("x: %w", context.DeadlineExceeded)), prefix + "no response in 2s"},
		"another error":        {failing(errors.New("odd")), prefix + "odd"},
		"8 aliases":            {aliases(8), "a=10.0.0.1:80"},
		"9 aliases":            {aliases(9), "dnssrv: look up SRV of web.: it leads through more than 8 aliases"},
		"1000 addresses":       {addresses(1000), "1000"},
		"1001 addresses":       {addresses(1001), "dnssrv: web. has 1001 addresses; the limit is 1000"},
	} {
		n := newNamer(t, dnssrv.Config{Servers: []string{"10.0.0.53"}, Exchanger: c.by})
		got := answerOf(t, n, "/web.")
		if count := strings.Count(got, "="); count > 10 {
			got = fmt.Sprint(count)
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", what, got, c.want)
		}
	}
}

// TestEachServerIsAskedTwice: in their order, those of the configuration or of the
// system's, of which lines that are no servers are passed over.
func TestEachServerIsAskedTwice(t *testing.T) {
	for what, c := range map[string]struct {
		servers []string
		conf    string
		want    []string
	}{
		"configured":             {[]string{"10.0.0.1", "10.0.0.2:5353"}, "nameserver 10.0.0.9\n", []string{"10.0.0.1:53", "10.0.0.2:5353", "10.0.0.1:53", "10.0.0.2:5353"}},
		"the system's":           {nil, "nameserver 10.0.0.9\nnameserver a/b\nnameserver ::1\n", []string{"10.0.0.9:53", "[::1]:53", "10.0.0.9:53", "[::1]:53"}},
		"the system has none":    {nil, "search x\n", []string{"127.0.0.1:53", "127.0.0.1:53"}},
		"there is no such thing": {nil, "", []string{"127.0.0.1:53", "127.0.0.1:53"}},
	} {
		conf := filepath.Join(t.TempDir(), "resolv.conf")
		if c.conf != "" {
			if err := os.WriteFile(conf, []byte(c.conf), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		by := &exchanging{f: func(*dns.Msg) (*dns.Msg, error) { return nil, errors.New("odd") }}
		n := newNamer(t, dnssrv.Config{Servers: c.servers, ResolvConf: conf, Exchanger: by})
		last := c.want[len(c.want)-1]
		if got, want := answerOf(t, n, "/web."), "dnssrv: look up SRV of web.: server "+last+": odd"; got != want {
			t.Errorf("%s: got %s, want %s", what, got, want)
		}
		var want []string
		for _, server := range c.want {
			want = append(want, server+" web.")
		}
		if diff := cmp.Diff(want, by.asked[:min(len(by.asked), len(want))]); diff != "" {
			t.Errorf("%s: asked (-want +got):\n%s", what, diff)
		}
	}
}

// TestTheSystemsServers: unless another file is given, the servers are this machine's.
func TestTheSystemsServers(t *testing.T) {
	conf, err := dns.ClientConfigFromFile("/etc/resolv.conf")
	if err != nil || len(conf.Servers) == 0 {
		t.Skip("NOT TESTED: this machine has no servers:", err)
	}
	if first, err := netip.ParseAddr(conf.Servers[0]); err != nil || first.Zone() != "" || first == netip.MustParseAddr("127.0.0.1") {
		t.Skip("NOT TESTED: this machine's first server is", conf.Servers[0])
	}
	by := replying(func(m *dns.Msg) { m.Rcode = dns.RcodeNameError })
	n, err := dnssrv.New(dnssrv.Config{Exchanger: by})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if got := answerOf(t, n, "/web."); got != "Neg" {
		t.Fatalf("got %s", got)
	}
	if want := net.JoinHostPort(conf.Servers[0], "53") + " web."; by.asked[0] != want {
		t.Errorf("asked %q first, want %q", by.asked[0], want)
	}
}

// TestSearchIsBounded: of a long list of domains the first eight are tried.
func TestSearchIsBounded(t *testing.T) {
	conf := filepath.Join(t.TempDir(), "resolv.conf")
	var domains, want []string
	for i := range 12 {
		domains = append(domains, fmt.Sprintf("d%d", i))
		want = append(want, fmt.Sprintf("10.0.0.9:53 web.d%d.", i))
	}
	if err := os.WriteFile(conf, []byte("nameserver 10.0.0.9\nsearch "+strings.Join(domains, " ")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	by := replying(func(m *dns.Msg) { m.Rcode = dns.RcodeNameError })
	if got := answerOf(t, newNamer(t, dnssrv.Config{ResolvConf: conf, Exchanger: by}), "/web"); got != "Neg" {
		t.Errorf("got %s", got)
	}
	if diff := cmp.Diff(want[:8], by.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

// TestNamesOfDomains: names are asked for if DNS could know them.
func TestNamesOfDomains(t *testing.T) {
	part := strings.Repeat("p", 63)
	long := part + "." + part + "." + part + "."
	for name, want := range map[string]bool{
		"a": true, "_http._tcp.a-b": true, "09azAZ.": true, part: true, part + "p": false,
		long + strings.Repeat("q", 61): true, long + strings.Repeat("q", 61) + ".": true, long + strings.Repeat("q", 62): false,
		".": false, "a..b": false, ".a": false, "a..": false, "a@b": false, "a[b": false, "a`b": false, "a{b": false, "a/b": false, "a:b": false, "ä": false,
	} {
		by := replying(func(m *dns.Msg) { m.Rcode = dns.RcodeNameError })
		n := newNamer(t, dnssrv.Config{Servers: []string{"10.0.0.53"}, Exchanger: by})
		escaped := "/"
		for _, b := range []byte(name) {
			escaped += fmt.Sprintf(`\x%02x`, b)
		}
		if got := answerOf(t, n, escaped); got != "Neg" || (len(by.asked) > 0) != want {
			t.Errorf("%s: %s; %d questions, want some: %v", name, got, len(by.asked), want)
		}
	}
}

// resolverFunc is the system's resolver.
type resolverFunc func(host string) ([]netip.Addr, error)

func (f resolverFunc) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	return f(host)
}

// TestTheSystemFails: a target that the servers do not know and the system cannot look up
// is not known, which is more than that it does not exist.
func TestTheSystemFails(t *testing.T) {
	for what, c := range map[string]struct {
		ips  []netip.Addr
		err  error
		want string
	}{
		"both families, unsorted": {[]netip.Addr{netip.MustParseAddr("::1"), netip.MustParseAddr("10.0.0.2"), netip.MustParseAddr("::ffff:10.0.0.1"), netip.MustParseAddr("10.0.0.2")},
			nil, "a=10.0.0.1:80 a=10.0.0.2:80"},
		"no such host":  {nil, &net.DNSError{IsNotFound: true}, "Neg"},
		"a failure":     {nil, errors.New("odd"), `dnssrv: web.: look up host "a.": odd`},
		"a DNS failure": {nil, &net.DNSError{Err: "server misbehaving", Name: "a."}, `dnssrv: web.: look up host "a.": lookup a.: server misbehaving`},
	} {
		n := newNamer(t, dnssrv.Config{Servers: []string{"10.0.0.53"}, Exchanger: replying(nil, "web. SRV 1 1 80 a."),
			Resolver: resolverFunc(func(string) ([]netip.Addr, error) { return slices.Clone(c.ips), c.err })})
		if got := answerOf(t, n, "/web."); got != c.want {
			t.Errorf("%s: got %s, want %s", what, got, c.want)
		}
	}
}
