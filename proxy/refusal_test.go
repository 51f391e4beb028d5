//go:build unix

package proxy_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy"
)

// hostileDtabs are those of attacks.md 5: what they cost and what their responses are was
// out of all proportion to their length. Each i gives a new one.
var hostileDtabs = []struct {
	name string
	dtab func(i int) string
}{
	{"60 alternates of a long name", eachNew(`/svc=>/a/\x01` + strings.Repeat("y", 6900) + "%d;/a=>/b" + rules(59, "|/b%[1]d"))},
	{"200 x 200 x 200", eachNew(strings.Repeat("/svc=>/a;", 200) + strings.Repeat("/a=>/b;", 200) + strings.Repeat("/b=>/c;", 200) + "/c=>/#/x%d")},
	{"90 doublings", eachNew("/svc=>/a0;/zz=>/y%d" + rules(90, ";/a%[1]d=>/a%[2]d|/a%[2]d"))},
	{"nobody", eachNew("/svc=>/#/fake/nobody%d")},
}

// eachNew has each i stand in a dtab. That costs next to nothing: what a client
// costs is measured with the hop.
func eachNew(dtab string) func(i int) string {
	before, after, _ := strings.Cut(dtab, "%d")
	return func(i int) string { return before + strconv.Itoa(i) + after }
}

// rules are n rules, for each number and the one after it.
func rules(n int, rule string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.NewReplacer("%[1]d", strconv.Itoa(i), "%[2]d", strconv.Itoa(i+1)).Replace(rule))
	}
	return b.String()
}

// refused sends a request over a connection of its own and gives all bytes of the
// response.
func refused(t testing.TB, addr, head string) []byte {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, strings.ReplaceAll(head, "\n", "\r\n")+"\r\nConnection: close\r\n\r\n")
	all, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestRefusalsAreShort: no response of the hop's own has more than 8 KiB, head and
// body, whatever a stranger sends; a request of 7.3 KB had one of 1.1 MB.
func TestRefusalsAreShort(t *testing.T) {
	h := startHop(t, "", withProxy(func(c *proxy.Config) { c.MaxLineBytes, c.MaxHeaderBytes = 16<<10, 32<<10 }))
	h.names.Bind("/refusing", addresses(3000)...)
	heads := map[string]string{
		"a long target":           "GET /" + strings.Repeat("x", 15<<10) + " HTTP/1.1\nHost: ",
		"a long host":             "GET / HTTP/1.1\nHost: " + strings.Repeat("y", 15<<10),
		"a dtab that is none":     "GET / HTTP/1.1\nHost: x\nl5d-dtab: " + strings.Repeat("/x", 7<<10) + "?",
		"many escapes":            "GET / HTTP/1.1\nHost: x\nl5d-dtab: /svc=>/" + strings.Repeat(`\x01`, 5<<10),
		"a set of many endpoints": "GET / HTTP/1.1\nHost: refusing",
		"a namer that is none":    "GET / HTTP/1.1\nHost: x\nl5d-dtab: /svc=>/$/" + strings.Repeat("z", 15<<10),
	}
	for _, one := range hostileDtabs {
		heads[one.name] = "GET / HTTP/1.1\nHost: nobody\nl5d-dtab: " + one.dtab(0)
	}
	for name, head := range heads {
		got := refused(t, h.addr, head)
		resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(got)), nil)
		if err != nil || resp.StatusCode < 400 {
			t.Errorf("%s: %v %v", name, resp, err)
			continue
		}
		if len(got) > 8<<10 {
			t.Errorf("%s: a response of %d bytes", name, len(got))
		}
		if resp.StatusCode == 502 && resp.Header.Get("l5d-err") == "" {
			t.Errorf("%s: no l5d-err", name)
		}
	}
	if h.server.Stats().Cut == 0 {
		t.Error("no message was counted as cut")
	}
}

func addresses(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("127.1.%d.%d:1", i/250, i%250))
	}
	return all
}

// BenchmarkRefusal prints what refusals cost the process, client included, in good
// requests: of a name and dtab that were asked for before, and of new ones.
func BenchmarkRefusal(b *testing.B) {
	addr := startBackend(b, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") }))
	h := startHop(b, addr)
	conn, err := net.Dial("tcp", h.addr)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	ask := func(host, dtab string) {
		fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\nl5d-dtab: %s\r\n\r\n", host, dtab)
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			b.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
	}
	for range 100 {
		ask("web", "")
	}
	const goods = 3000
	began := cpuTime(b)
	for range goods {
		ask("web", "")
	}
	good := (cpuTime(b) - began) / goods
	next := 0
	for _, one := range hostileDtabs {
		for _, kind := range []string{"seen", "new"} {
			b.Run(one.name+"/"+kind, func(b *testing.B) {
				dtab := one.dtab(0)
				ask("nobody", dtab)
				began := cpuTime(b)
				for b.Loop() {
					if kind == "new" {
						next++
						dtab = one.dtab(next)
					}
					ask("nobody", dtab)
				}
				each := (cpuTime(b) - began) / time.Duration(b.N)
				b.ReportMetric(float64(each)/float64(good), "good-requests")
				b.ReportMetric(each.Seconds()*1e3, "cpu-ms/op")
			})
		}
	}
}

// cpuTime is what the process has had of the processors.
func cpuTime(tb testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
