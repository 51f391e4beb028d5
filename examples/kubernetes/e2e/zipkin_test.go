package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// span is one, as Zipkin's API returns it.
type span struct {
	TraceID  string `json:"traceId"`
	ID       string `json:"id"`
	ParentID string `json:"parentId"`
	Kind     string `json:"kind"`
	Name     string `json:"name"`
	Start    int64  `json:"timestamp"` // microseconds
	Duration int64  `json:"duration"`
	Local    struct {
		Service string `json:"serviceName"`
	} `json:"localEndpoint"`
	Remote struct {
		IP   string `json:"ipv4"`
		Port int    `json:"port"`
	} `json:"remoteEndpoint"`
	Tags map[string]string `json:"tags"`
}

// zipkin is the server of the cluster.
type zipkin struct {
	s    *session
	addr string
	seen map[string]bool // traces
}

// traces returns those that have a span of the outgoing router, as the article's
// page does, the newest ten.
func (z zipkin) traces() (all [][]span) {
	transport := z.s.bed.Transport()
	defer transport.CloseIdleConnections()
	client := http.Client{Transport: transport, Timeout: 10 * time.Second}
	resp, err := client.Get("http://" + z.addr + "/api/v2/traces?serviceName=0.0.0.0%2F4140&limit=10")
	if err != nil {
		z.s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&all); err != nil {
		z.s.t.Fatal(err)
	}
	return all
}

// trace returns one that was not returned before, once it has the spans of that
// answer: the last one went to the pod of world that answered.
func (z zipkin) trace(answer string) []span {
	z.s.t.Helper()
	pods := helloWorld.FindStringSubmatch(answer)
	var all [][]span
	for range 100 {
		all = z.traces()
		for _, one := range all {
			line := chain(one)
			if len(line) == 8 && line[3].Remote.IP == pods[1] && line[7].Remote.IP == pods[2] && !z.seen[one[0].TraceID] {
				z.seen[one[0].TraceID] = true
				return one
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	z.s.t.Fatalf("no trace of eight spans for %s: %v", answer, all)
	return nil
}

// chain returns spans each of which is the parent of the next, from the root on.
func chain(trace []span) (line []span) {
	parent := ""
	for range trace {
		for _, s := range trace {
			if s.ParentID == parent {
				line = append(line, s)
				parent = s.ID
				break
			}
		}
	}
	return line
}

// check holds a trace to the picture of the article: eight spans in a line, of
// these services, over the hops that stand beside the pods.
func (z zipkin) check(trace []span, answer string) {
	z.s.t.Helper()
	pods := helloWorld.FindStringSubmatch(answer)[1:]
	line := chain(trace)
	if len(trace) != 8 || len(line) != 8 {
		z.s.t.Fatalf("%d spans, %d of them in a line", len(trace), len(line))
	}
	for i, service := range []string{"hello", "world-v1"} {
		name := regexp.QuoteMeta("/#/io.l5d.k8s/default/http/" + service)
		of := line[4*i : 4*i+4]
		for j, want := range []string{
			`^0\.0\.0\.0/4140$`,
			`^%/io\.l5d\.k8s\.daemonset/default/incoming/l5d` + name + `$`,
			`^0\.0\.0\.0/4141$`,
			`^%/io\.l5d\.k8s\.localnode/10\.196\.[12]\.\d+` + name + `$`,
		} {
			if !regexp.MustCompile(want).MatchString(of[j].Local.Service) {
				z.s.t.Errorf("span %d is of %q, want %s", 4*i+j+1, of[j].Local.Service, want)
			}
			if kind := []string{"SERVER", "CLIENT"}[j%2]; of[j].Kind != kind {
				z.s.t.Errorf("span %d is a %s, want %s", 4*i+j+1, of[j].Kind, kind)
			}
		}
		if hop, pod := of[1].Remote.IP, pods[i]; of[1].Remote.Port != 4141 || subnet(hop) != subnet(pod) || hop == pod {
			z.s.t.Errorf("the hop for %s is %s:%d, which is not on the pod's node", pod, hop, of[1].Remote.Port)
		}
		if last := of[3]; last.Remote.IP != pods[i] || last.Remote.Port != 7777+i || last.Tags["http.rsp.status"] != "200" {
			z.s.t.Errorf("%s was asked at %s:%d: %s", service, last.Remote.IP, last.Remote.Port, last.Tags)
		}
	}
}

// subnet is the /24 of a node's pods.
func subnet(ip string) string { return ip[:strings.LastIndexByte(ip, '.')] }

// table shows a trace as the page of the article does.
func table(trace []span) string {
	var out strings.Builder
	for depth, s := range chain(trace) {
		fmt.Fprintf(&out, "%*s%s  %s  %.1f ms\n", 2*depth, "", s.Local.Service, s.Name, float64(s.Duration)/1000)
	}
	return out.String()
}
