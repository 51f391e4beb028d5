package proxytest_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/proxy/proxytest"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/dnssrv"
)

// nameserver is a DNS server on the loopback interface whose only name is
// web.example.
type nameserver struct {
	addr string

	mu      sync.Mutex
	records []string // none: the name does not exist
	broken  bool
	asked   int
}

func newNameserver(t testing.TB) *nameserver {
	t.Helper()
	n := new(nameserver)
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n.addr = socket.LocalAddr().String()
	started, done := make(chan struct{}), make(chan error, 1)
	s := &dns.Server{PacketConn: socket, Handler: n, NotifyStartedFunc: func() { close(started) }}
	go func() { done <- s.ActivateAndServe() }()
	<-started
	t.Cleanup(func() {
		if err := s.Shutdown(); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return n
}

// set makes SRV records, each "priority weight port".
func (n *nameserver) set(records ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.records, n.broken = nil, false
	for _, r := range records {
		n.records = append(n.records, "web.example. 0 SRV "+r+" localhost.")
	}
}

func (n *nameserver) fail() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.broken = true
}

// questions is how many there were.
func (n *nameserver) questions() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.asked
}

func (n *nameserver) ServeDNS(w dns.ResponseWriter, question *dns.Msg) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked++
	m := new(dns.Msg).SetReply(question)
	m.Authoritative = true
	switch {
	case n.broken:
		m.Rcode = dns.RcodeServerFailure
	case len(n.records) == 0 || !strings.EqualFold(question.Question[0].Name, "web.example."):
		m.Rcode = dns.RcodeNameError
	default:
		for _, text := range n.records {
			if rr, err := dns.NewRR(text); err == nil {
				m.Answer = append(m.Answer, rr)
			}
		}
		if rr, err := dns.NewRR("localhost. 0 A 127.0.0.1"); err == nil {
			m.Extra = append(m.Extra, rr)
		}
	}
	_ = w.WriteMsg(m)
}

// often is the kinds of a file, of which io.l5d.dnssrv asks every 10 ms.
func often() config.Kinds {
	kinds := config.Builtin()
	kinds.Namers["io.l5d.dnssrv"] = func(d *config.Decoder) (config.Namer, error) {
		servers := d.Texts("dnsHosts")
		return config.Namer{
			Prefix: resolve.MustPath("/io.l5d.dnssrv"),
			New: func(config.BuildOptions) (resolve.Namer, error) {
				return dnssrv.New(dnssrv.Config{Servers: servers, MaxRefresh: 10 * time.Millisecond})
			},
		}, nil
	}
	return kinds
}

const dnsMesh = `
namers: [{kind: io.l5d.dnssrv, experimental: true, dnsHosts: ['%s']}]
routers:
- protocol: http
  dtab: |
    /svc => /$/inet/127.1/%s;
    /svc => /#/io.l5d.dnssrv/web.example.;
  servers: [{port: 0}]
`

// TestDNSIsLive changes SRV records while requests run.
func TestDNSIsLive(t *testing.T) {
	a, b, backup := startNamed(t, "a"), startNamed(t, "b"), startNamed(t, "backup")
	names := newNameserver(t)
	names.set("1 1 " + a)
	mesh := proxytest.Options{Kinds: often()}.Start(t, fmt.Sprintf(dnsMesh, names.addr, backup))
	crowd := newCrowd(t, mesh, "web", "a")
	for range 5 {
		crowd.until("b", func() { names.set("1 1 " + b) })
		crowd.until("a", func() { names.set("2 1 "+b, "1 1 "+a) })
		crowd.until("backup", func() { names.set() })
		crowd.until("a", func() { names.set("1 1 " + a) })
	}
	crowd.log("SRV records, asked for every 10 ms,")

	// A broken server takes nothing away.
	names.fail()
	client := mesh.Client("http")
	for before := names.questions(); names.questions() < before+6; {
		if _, body := get(t, client, "http://web/"); body != "a" {
			t.Fatalf("with a broken server the response is %q", body)
		}
	}
	names.set()
	for late := time.Now().Add(tooLate); ; {
		_, body := get(t, client, "http://web/")
		if body == "backup" {
			break
		}
		if time.Now().After(late) {
			t.Fatalf("without records the response is %q", body)
		}
	}
}

// TestWeightsOfSRVRecords sends requests to endpoints of unequal weight.
func TestWeightsOfSRVRecords(t *testing.T) {
	a, b, c := startNamed(t, "a"), startNamed(t, "b"), startNamed(t, "c")
	names := newNameserver(t)
	names.set("1 60 "+a, "1 20 "+b, "2 100 "+c)
	mesh := proxytest.Options{Kinds: often()}.Start(t, fmt.Sprintf(dnsMesh, names.addr, c))
	client := mesh.Client("http")
	const n = 2000
	seen := map[string]int{}
	for range n {
		_, body := get(t, client, "http://web/")
		seen[body]++
	}
	// Five standard deviations of what chance may do.
	if share := float64(seen["a"]) / n; share < 0.75-0.05 || share > 0.75+0.05 || seen["c"] > 0 {
		t.Errorf("of %d requests the endpoints got %v", n, seen)
	}
}

// TestDNSAsConfigured runs the namer from a configuration file.
func TestDNSAsConfigured(t *testing.T) {
	a, backup := startNamed(t, "a"), startNamed(t, "backup")
	names := newNameserver(t)
	names.set("0 0 " + a)
	mesh := proxytest.Start(t, strings.Replace(fmt.Sprintf(dnsMesh, names.addr, backup), "experimental: true", "experimental: true, refreshIntervalSeconds: 1", 1))
	client := mesh.Client("http")
	if _, body := get(t, client, "http://web/"); body != "a" {
		t.Errorf("the response is %q", body)
	}
	plain := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for page, want := range map[string]string{
		"/namer_state/io.l5d.dnssrv.json": `"web.example.":{"state":"ok","addresses":[{"address":"127.0.0.1:` + a + `","host":"localhost","weight":1}]`,
		"/bound-names.json":               `[""]`,
	} {
		if status, body := get(t, plain, mesh.AdminURL+page); status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: status %d, no %s in:\n%s", page, status, want, body)
		}
	}
	names.set()
	for late := time.Now().Add(time.Second + tooLate); ; {
		_, body := get(t, client, "http://web/")
		if body == "backup" {
			break
		}
		if time.Now().After(late) {
			t.Fatalf("without records the response is %q", body)
		}
	}
}
