package app

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/tracetest"
)

func startDemo(t testing.TB, more ...string) *running {
	return start(t, append([]string{
		"demo", "-outgoing", "127.0.0.1:0", "-incoming", "127.0.0.1:0", "-admin", "127.0.0.1:0", "-zipkin", zipkinAddr(),
	}, more...)...)
}

// zipkinAddr is where a real Zipkin runs, if the environment names one; the
// demo's own collector otherwise.
func zipkinAddr() string {
	if addr := os.Getenv("MESHHOP_TEST_ZIPKIN"); addr != "" {
		return addr
	}
	return "127.0.0.1:0"
}

// scribeAddr is where that Zipkin has its Scribe.
func scribeAddr() string {
	if addr := os.Getenv("MESHHOP_TEST_SCRIBE"); addr != "" {
		return addr
	}
	return "127.0.0.1:0"
}

// demoTree is the picture of the article: eight spans, each the child of the
// one above.
func demoTree(p *running) string {
	outgoing, incoming := serviceName(p.addr("router outgoing")), serviceName(p.addr("router incoming"))
	_, port, _ := strings.Cut(incoming, "/")
	return strings.NewReplacer("OUT", outgoing, "IN", incoming, "PORT", port).Replace(`
server OUT "outgoing /svc/hello"
  client %/io.l5d.port/PORT/#/io.l5d.fs/hello "get /"
    server IN "incoming /svc/hello"
      client %/io.l5d.localhost/#/io.l5d.fs/hello "get /"
        server OUT "outgoing /svc/world"
          client %/io.l5d.port/PORT/#/io.l5d.fs/world-v1 "get /"
            server IN "incoming /svc/world"
              client %/io.l5d.localhost/#/io.l5d.fs/world-v1 "get /"
`)
}

var helloWorld = regexp.MustCompile(`^Hello \(127\.0\.(0\.1|1\.[123])\) world \(127\.0\.(0\.1|1\.[456])\)!!$`)

// TestEightSpans is the article's walkthrough: one command, one curl, eight
// spans. With MESHHOP_TEST_ZIPKIN=host:port the spans go to that Zipkin and
// are read from its API; with MESHHOP_TEST_SCRIBE=host:port too they go there by
// Scribe once more.
func TestEightSpans(t *testing.T) {
	for _, args := range [][]string{
		{"-engine", "native", "-client", "h1"},
		{"-engine", "native", "-client", "net/http"},
		{"-engine", "stock", "-client", "h1"},
		{"-scribe", scribeAddr(), "-client", "h1"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			if os.Getenv("MESHHOP_TEST_ZIPKIN") != "" {
				args = append(args, "-external")
				if args[0] == "-scribe" && os.Getenv("MESHHOP_TEST_SCRIBE") == "" {
					t.Skip("MESHHOP_TEST_SCRIBE does not say where that Zipkin has its Scribe")
				}
			}
			p := startDemo(t, args...)
			if _, body := get(t, p.addr("router outgoing"), "http://hello", nil); !helloWorld.MatchString(body) {
				t.Fatalf("got %q", body)
			}
			records, traces := spans(t, p.addr("zipkin"), serviceName(p.addr("router outgoing")), 8)
			if len(records) != 8 || traces != 1 {
				t.Errorf("%d spans in %d traces, want 8 in 1", len(records), traces)
			}
			tracetest.AssertTree(t, records, demoTree(p))
			checkLast(t, records)
		})
	}
}

// checkLast holds the last span to the picture of the article (4.7, 4.8).
func checkLast(t *testing.T, records []*trace.Record) {
	t.Helper()
	last := tracetest.Find(t, records, "%/io.l5d.localhost/#/io.l5d.fs/world-v1", "")
	if got, want := tracetest.Events(last), []string{"ws", "wr"}; !cmp.Equal(got, want) {
		t.Errorf("annotations %q, want %q", got, want)
	}
	tags := tracetest.Tags(last)
	if tags["clnt/meshhop.version"] == "" {
		t.Error("no clnt/meshhop.version")
	}
	delete(tags, "clnt/meshhop.version")
	for name, value := range tags {
		switch {
		case strings.HasPrefix(name, "otel."), strings.HasPrefix(name, "network."), name == "service.name":
			delete(tags, name) // the stock engine has these as tags, too
		}
		if name == "l5d.success" {
			tags[name] = strings.TrimSuffix(value, ".0")
		}
	}
	want := map[string]string{
		"http.req.host": "world", "http.req.method": "GET", "http.req.version": "HTTP/1.1", "http.uri": "/",
		"http.rsp.content-length": "18", "http.rsp.content-type": "text/plain; charset=utf-8",
		"http.rsp.status": "200", "http.rsp.version": "HTTP/1.1", "l5d.success": "1",
	}
	if diff := cmp.Diff(want, tags); diff != "" {
		t.Errorf("tags of the last span (-want +got):\n%s", diff)
	}
	if !last.Peer.IsValid() {
		t.Error("no server address")
	}
}

// TestBrokenContext: hello does not forward, so that there are two traces.
func TestBrokenContext(t *testing.T) {
	p := startLocalDemo(t, "-forward=false")
	_, said := get(t, p.addr("router outgoing"), "http://hello", nil)
	records, traces := spans(t, p.addr("zipkin"), serviceName(p.addr("router outgoing")), 8)
	if len(records) != 8 || traces != 2 {
		t.Errorf("%d spans in %d traces, want 8 in 2", len(records), traces)
	}
	lines := strings.Split(demoTree(p), "\n")
	for i := 5; i <= 8; i++ {
		lines[i] = strings.TrimPrefix(lines[i], "        ")
	}
	// The world's trace begins later than the hello's.
	tracetest.AssertTree(t, records, strings.Join(lines, "\n"))

	// The pages of both say how they belong together, where each service has an address.
	of := map[string]string{} // trace by the name of its first span
	for _, r := range records {
		if r.Parent == [8]byte{} {
			of[r.Name] = fmt.Sprintf("%x", r.Trace[8:])
		}
	}
	hello, world := of["outgoing /svc/hello"], of["outgoing /svc/world"]
	if strings.Contains(said, "(127.0.0.1)") {
		t.Skip("all are at 127.0.0.1")
	}
	for trace, says := range map[string]string{hello: "Probably continued as <a href=\"/traces/" + world, world: "Probably caused by <a href=\"/traces/" + hello} {
		if _, page := get(t, "", "http://"+p.addr("zipkin")+"/traces/"+trace, nil); !strings.Contains(page, says) {
			t.Errorf("the page of %s does not say %q", trace, says)
		}
	}
}

func startLocalDemo(t testing.TB, more ...string) *running {
	return start(t, append([]string{
		"demo", "-outgoing", "127.0.0.1:0", "-incoming", "127.0.0.1:0", "-admin", "127.0.0.1:0", "-zipkin", "127.0.0.1:0",
	}, more...)...)
}

func TestDemoPages(t *testing.T) {
	p := startLocalDemo(t)
	zipkin := "http://" + p.addr("zipkin")
	if _, page := get(t, "", zipkin+"/", nil); !strings.Contains(page, "No traces yet") {
		t.Errorf("the empty page does not say so:\n%s", page)
	}
	get(t, p.addr("router outgoing"), "http://hello", nil)
	records, _ := spans(t, p.addr("zipkin"), serviceName(p.addr("router outgoing")), 8)

	open := regexp.MustCompile(`open: (\S+)`).FindStringSubmatch(p.out.String())
	if open == nil {
		t.Fatalf("no page to open in\n%s", p.out)
	}
	if !strings.HasSuffix(open[1], "/?serviceName=127.0.0.1%2F"+portOf(p.addr("router outgoing"))) {
		t.Errorf("the page to open is %s", open[1])
	}
	_, list := get(t, "", open[1], nil)
	for _, want := range []string{"8 spans", "/traces/"} {
		if !strings.Contains(list, want) {
			t.Errorf("the list lacks %q:\n%s", want, list)
		}
	}
	id := fmt.Sprintf("%x", records[0].Trace[8:])
	resp, waterfall := get(t, "", zipkin+"/traces/"+id, nil)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", resp.Status, waterfall)
	}
	waterfall = strings.ReplaceAll(waterfall, "<wbr>", "") // where a long name may break
	for _, want := range []string{"Duration", "Services", "Depth", "Total Spans", "outgoing /svc/hello", "incoming /svc/world"} {
		if !strings.Contains(waterfall, want) {
			t.Errorf("the waterfall lacks %q", want)
		}
	}
	own := `<script src="/files/page.js" defer></script>`
	if strings.Count(waterfall, "<script") != strings.Count(waterfall, own) || strings.Contains(waterfall, "src=\"http") {
		t.Error("the page has a script of another place, or something else from there")
	}
}

func portOf(addr string) string { return addr[strings.LastIndexByte(addr, ':')+1:] }

// TestSpread: p2c gives each of three and three replicas its part.
func TestSpread(t *testing.T) {
	p := startLocalDemo(t)
	const requests = 300
	for range requests {
		if resp, body := get(t, p.addr("router outgoing"), "http://hello", nil); resp.StatusCode != 200 {
			t.Fatalf("%s: %s", resp.Status, body)
		}
	}
	records, _ := spansOf(t, p, 8*90)
	peers := map[string]map[string]int{}
	for _, r := range records {
		if r.Kind.String() == "client" && strings.Contains(r.Service, "io.l5d.localhost") {
			if peers[r.Service] == nil {
				peers[r.Service] = map[string]int{}
			}
			peers[r.Service][r.Peer.String()]++
		}
	}
	if len(peers) != 2 {
		t.Fatalf("services %v", peers)
	}
	for service, counts := range peers {
		if len(counts) != 3 {
			t.Errorf("%s: %d replicas served, want 3: %v", service, len(counts), counts)
		}
	}
}

// spansOf waits for n spans of the demo's first server.
func spansOf(t testing.TB, p *running, n int) ([]*trace.Record, int) {
	return spans(t, p.addr("zipkin"), serviceName(p.addr("router outgoing")), n)
}

func TestOverridesActAtDepthTwo(t *testing.T) {
	p := startLocalDemo(t)
	resp, body := get(t, p.addr("router outgoing"), "http://hello", http.Header{"l5d-dtab": {"/host/world => /srv/hello-is-not-there | /$/nil"}})
	if resp.StatusCode == 200 {
		t.Errorf("got %s %q: world should not be reached", resp.Status, body)
	}
	resp, body = get(t, p.addr("router outgoing"), "http://hello", http.Header{"l5d-dtab": {"not a dtab"}})
	if resp.StatusCode != 400 || body != "'/' expected but 'n' found at '[n]ot a dtab'" {
		t.Errorf("got %s %q", resp.Status, body)
	}
}

// TestWorldV2: the override that the demo prints leads to the other version, at
// depth two, and only for that request.
func TestWorldV2(t *testing.T) {
	p := startLocalDemo(t)
	command := regexp.MustCompile(`(?m)^and:  http_proxy=http://(\S+) curl -s -H 'l5d-dtab: (.*)' (\S+)$`).FindStringSubmatch(p.out.String())
	if command == nil {
		t.Fatalf("no command in\n%s", p.out)
	}
	for _, row := range []struct {
		dtab []string
		want string
	}{
		{[]string{command[2]}, "Hello (replica) earth (replica)!!"},
		{nil, "Hello (replica) world (replica)!!"},
	} {
		if _, body := get(t, command[1], command[3], http.Header{"l5d-dtab": row.dtab}); anyReplica(body) != row.want {
			t.Errorf("with %q: %q, want %q", row.dtab, body, row.want)
		}
	}
}

// TestOwnAddresses: where the system has the addresses, each replica has one, and
// all of them are seen in the answers.
func TestOwnAddresses(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.1.1:0")
	if err != nil {
		t.Skipf("SKIPPED, NOT TESTED: this system has no loopback addresses but 127.0.0.1: %v", err)
	}
	l.Close()
	p := startLocalDemo(t)
	ip := regexp.MustCompile(`\((127[.0-9]+)\)`)
	seen := map[string]bool{}
	waitFor(t, "answers of six addresses", func() bool {
		_, body := get(t, p.addr("router outgoing"), "http://hello", nil)
		for _, m := range ip.FindAllStringSubmatch(body, -1) {
			seen[m[1]] = true
		}
		return len(seen) == 6
	})
	for i := 1; i <= 6; i++ {
		if at := fmt.Sprintf("127.0.1.%d", i); !seen[at] {
			t.Errorf("nobody answered at %s: %v", at, seen)
		}
	}
}

// TestSampleHeader: 5.6 of the walkthrough.
func TestSampleHeader(t *testing.T) {
	p := startLocalDemo(t)
	get(t, p.addr("router outgoing"), "http://hello", http.Header{"l5d-sample": {"0.0"}})
	get(t, p.addr("router outgoing"), "http://hello", http.Header{"L5D-SAMPLE": {"1.0"}})
	records, traces := spansOf(t, p, 8)
	if len(records) != 8 || traces != 1 {
		t.Errorf("%d spans in %d traces, want 8 in 1", len(records), traces)
	}
}
