package app

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/k8stest"
)

// fakeAPI is an API server that knows who may do what.
type fakeAPI struct {
	k8stest.Server
	forbidden map[string]bool // "watch endpointslices.discovery.k8s.io"
}

func (f *fakeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/version":
		fmt.Fprint(w, `{"major":"1","minor":"34","gitVersion":"v1.34.4"}`)
	case "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews":
		var review struct {
			Spec struct{ ResourceAttributes map[string]string }
		}
		if err := json.NewDecoder(r.Body).Decode(&review); err != nil || r.Method != http.MethodPost {
			http.Error(w, "no review", http.StatusBadRequest)
			return
		}
		a := review.Spec.ResourceAttributes
		what := a["verb"] + " " + strings.TrimSuffix(a["resource"]+"."+a["group"], ".")
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"kind":"SelfSubjectAccessReview","apiVersion":"authorization.k8s.io/v1","status":{"allowed":%t}}`, !f.forbidden[what] && !f.forbidden[a["resource"]])
	default:
		f.Server.ServeHTTP(w, r)
	}
}

// TestDoctor: each trouble is told with what to do, and decides on the exit status.
func TestDoctor(t *testing.T) {
	own := ownIP(t)
	zipkin := start(t, "collector", "-addr", "127.0.0.1:0")
	zipkinPort := portOf(strings.TrimSuffix(zipkin.addr("page:"), "/"))
	scribe, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer scribe.Close()
	scribePort := portOf(scribe.Addr().String())
	otlp := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if r.Method != "POST" || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" || err != nil || len(body) > 0 {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer otlp.Close()
	nobody := fmt.Sprint(freePorts(t, 1)[0])
	for _, row := range []struct {
		name      string
		node, pod string
		forbidden string // words
		api       string // "": the fake
		http      string
		scribe    string
		otlp      string
		status    int
		want      []string // parts of what is said
		not       string
	}{
		{name: "all is well", status: 0, not: "WRONG", want: []string{
			"localhost resolves to ", own + " is an address of this pod", "Kubernetes v1.34.4, with a kubectl proxy there",
			"ok     rights      get, list, watch endpointslices.discovery.k8s.io", "takes spans by HTTP", "which is for Scribe", "\nok\n",
		}},
		{name: "no environment", node: "-", pod: "-", status: 1, want: []string{
			"WRONG  NODE_NAME   the environment has none", "fieldPath: spec.nodeName", "WRONG  POD_IP      the environment has none", "fieldPath: status.podIP",
		}},
		{name: "the node has no name", node: "no-such-node.invalid", status: 1, want: []string{"no-such-node.invalid does not resolve", "status.hostIP"}},
		{name: "another pod's address", pod: "192.0.2.77", status: 1, want: []string{"192.0.2.77 is not an address of this pod", own}},
		{name: "no address", pod: "pod-1", status: 1, want: []string{`"pod-1" is no IP address`}},
		{name: "the article's rights", forbidden: "endpointslices configmaps ingresses", status: 0, not: "WRONG", want: []string{
			"note   rights      this account may not get, list, watch endpointslices.discovery.k8s.io: the hop reads Endpoints",
			"note   rights      this account may not get, list, watch configmaps",
			`{apiGroups: ["networking.k8s.io"], resources: [ingresses], verbs: [get, list, watch]}`,
		}},
		{name: "neither kind of endpoints", forbidden: "endpointslices endpoints", status: 1, want: []string{
			"WRONG  rights      this account may not get, list, watch endpointslices.discovery.k8s.io", "WRONG  rights      this account may not get, list, watch endpoints\n",
		}},
		{name: "one verb", forbidden: "watch services", status: 1, want: []string{"WRONG  rights      this account may not watch services\n", `{apiGroups: [""], resources: [services]`}},
		{name: "no API", api: "127.0.0.1:" + nobody, status: 1, want: []string{"WRONG  API         does not answer: 127.0.0.1:" + nobody, "inCluster: true", "kubectl proxy -p 8001"}},
		{name: "not in a cluster", api: "in-cluster", status: 1, want: []string{"KUBERNETES_SERVICE_HOST"}},
		{name: "no API server", api: "127.0.0.1:" + zipkinPort, status: 1, want: []string{"WRONG  API"}},
		{name: "a wrong flag", api: "nonsense", status: 1, want: []string{"-api: "}},
		{name: "HTTP alone", scribe: nobody, status: 0, not: "WRONG", want: []string{"takes spans by HTTP", "not by Scribe", "SCRIBE_ENABLED=true"}},
		{name: "Scribe alone", http: nobody, status: 0, not: "WRONG", want: []string{"which is for Scribe", "not by HTTP"}},
		{name: "no Zipkin", http: nobody, scribe: nobody, status: 1, want: []string{"WRONG  Zipkin      takes no spans", "examples/kubernetes/zipkin.yaml"}},
		{name: "no Zipkin, but something", http: "api", scribe: nobody, status: 1, want: []string{"got the response 405 Method Not Allowed"}},
		{name: "OTLP", otlp: otlp.URL, status: 0, not: "WRONG", want: []string{"ok     OTLP", "takes spans: io.opentelemetry.otlp with endpoint: " + otlp.URL + "/v1/traces\n"}},
		{name: "OTLP elsewhere", otlp: otlp.URL + "/other", status: 1, want: []string{"WRONG  OTLP        takes no spans: POST " + otlp.URL + "/other got the response 404 Not Found"}},
		{name: "OTLP over gRPC", otlp: "http://127.0.0.1:4317", status: 1, want: []string{"WRONG  OTLP", "OTLP over gRPC, which is not supported"}},
		{name: "no URL of OTLP", otlp: "collector:4318", status: 1, want: []string{"WRONG  OTLP", `"collector:4318" is no URL`}},
	} {
		t.Run(row.name, func(t *testing.T) {
			api := &fakeAPI{forbidden: map[string]bool{}}
			if strings.Contains(row.forbidden, "watch ") {
				api.forbidden[row.forbidden] = true
			} else {
				for _, word := range strings.Fields(row.forbidden) {
					api.forbidden[word] = true
				}
			}
			server := httptest.NewServer(api)
			defer server.Close()
			at := strings.TrimPrefix(server.URL, "http://")
			or := func(a, b string) string {
				switch a {
				case "":
					return b
				case "-":
					return ""
				case "api":
					return portOf(at)
				}
				return a
			}
			t.Setenv("NODE_NAME", or(row.node, "localhost"))
			t.Setenv("POD_IP", or(row.pod, own))
			t.Setenv("KUBERNETES_SERVICE_HOST", "")
			t.Setenv("http_proxy", "http://127.0.0.1:"+nobody)
			status, out, errors := runToEnd(t, "", "doctor", "-api", or(row.api, at), "-zipkin", "127.0.0.1",
				"-zipkin-http", or(row.http, zipkinPort), "-zipkin-scribe", or(row.scribe, scribePort), "-otlp", row.otlp)
			said := out + errors
			if status != row.status {
				t.Errorf("status %d, want %d\n%s", status, row.status, said)
			}
			for _, want := range row.want {
				if !strings.Contains(said, want) {
					t.Errorf("nothing of %q in\n%s", want, said)
				}
			}
			if row.not != "" && strings.Contains(said, row.not) {
				t.Errorf("%q in\n%s", row.not, said)
			}
		})
	}
}

// ownIP is an address of this machine's.
func ownIP(t *testing.T) string {
	t.Helper()
	addrs, err := net.InterfaceAddrs()
	if err != nil || len(addrs) == 0 {
		t.Fatalf("no addresses: %v", err)
	}
	ip, _, err := net.ParseCIDR(addrs[0].String())
	if err != nil {
		t.Fatal(err)
	}
	return ip.String()
}
