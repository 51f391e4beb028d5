package k8s_test

import (
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/meshhop/meshhop/internal/k8stest"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s"
)

// FuzzName: whatever a stranger's name holds, the API is asked for what a name in
// Kubernetes can be, or not at all, and the answer keeps the rules of namers.
func FuzzName(f *testing.F) {
	for _, seed := range [][4]string{
		{"default", "http", "hello", "v1"}, {"DEFAULT", "80", "Hello", "V1"}, {"..", "..%2f", "a/b", "x,y=z"}, {"", "0", "a.b", "!"},
		{"default", "65536", "hello?watch=true", "a b"}, {"a&b", "http", "#", "\x00"}, {"default", "http", "kube-system/secrets", ""},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	f.Fuzz(func(t *testing.T, namespace, port, service, value string) {
		path := labels(namespace, port, service, value)
		for _, config := range []k8s.Config{{}, {LabelSelector: "version"}, {Namespace: "default"}, {Namespace: "default", LabelSelector: "version"}} {
			synctest.Test(t, func(t *testing.T) {
				var s k8stest.Server
				if config.Namespace != "" {
					path = labels(port, service, value)
				}
				got := see(t, namer(t, &s, config), path.String())
				got.now()
				if b := got.bound; b != nil && b.ID.Len()+b.Residual.Len() != path.Len() {
					t.Errorf("%q is bound to %q, %q", path, b.ID, b.Residual)
				}
				// An empty text is no label, so that the others stand further to the left.
				label := func(i int) string {
					if i < path.Len() {
						return strings.ToLower(path.Label(i))
					}
					return ""
				}
				space, name := label(0), label(2)
				if config.Namespace != "" {
					space, name = config.Namespace, label(1)
				}
				for _, asked := range s.Requests() {
					checkQuestion(t, asked, space, name)
				}
			})
		}
	})
}

// checkQuestion: a request has the form that is expected of it, whoever may have
// chosen what is in it.
func checkQuestion(t *testing.T, asked, namespace, service string) {
	u, err := url.ParseRequestURI(asked)
	if err != nil {
		t.Fatalf("the request %q: %v", asked, err)
	}
	parts := strings.Split(u.Path, "/")
	at := len(parts) - 3
	if at < 0 || parts[at] != "namespaces" || !plainLabel(parts[at+1]) {
		t.Fatalf("the request is %q", asked)
	}
	if got := parts[at+1]; got != namespace {
		t.Errorf("%q asks for namespace %q", asked, got)
	}
	switch strings.Join(append(parts[:at:at], parts[at+2]), "/") {
	case "/api/v1/services", "/api/v1/endpoints":
		if u.Query().Get("fieldSelector") != "metadata.name="+service {
			t.Errorf("%q asks for another one than %q", asked, service)
		}
	case "/apis/discovery.k8s.io/v1/endpointslices":
		first, label, _ := strings.Cut(u.Query().Get("labelSelector"), ",")
		if first != "kubernetes.io/service-name="+service || strings.Count(label, "=") > 1 || strings.Contains(label, ",") {
			t.Errorf("%q asks for another one than %q", asked, service)
		}
	default:
		t.Errorf("the request is %q", asked)
	}
	if !plainLabel(service) {
		t.Errorf("the API is asked for %q", service)
	}
}

// plainLabel is a check of its own, in other words.
func plainLabel(s string) bool {
	return len(s) >= 1 && len(s) <= 63 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" && strings.Trim(s, "-") == s
}

// FuzzWatch: whatever a server sends in lists and watches, the namer goes on and
// asks again.
func FuzzWatch(f *testing.F) {
	slice := `{"metadata":{"name":"a","namespace":"default","resourceVersion":"7"},"addressType":"IPv4","endpoints":[{"addresses":["10.0.0.1"]}],"ports":[{"name":"http","port":80}]}`
	f.Add(`{"metadata":{"resourceVersion":"5"},"items":[`+slice+`]}`, `{"type":"ADDED","object":`+slice+"}\n"+`{"type":"DELETED","object":`+slice+"}\n")
	f.Add(`{}`, `{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"20"}}}`+"\n"+`{"type":"ERROR","object":{"code":410}}`+"\n")
	f.Add(`{"metadata":{"continue":"x"}}`, `{"type":"ERROR","object":[]}`+"\n\n\x00{\n")
	f.Add(`{"items":[null]}`, `{"type":"MODIFIED","object":null}`+"\n"+`{"type":"MODIFIED"}`+"\n")
	f.Add(`[`, `{"type":"X","object":{}}`)
	f.Fuzz(func(t *testing.T, list, watch string) {
		if strings.Contains(list, "continue") && len(list) > 200 {
			t.Skip("pages")
		}
		synctest.Test(t, func(t *testing.T) {
			var s k8stest.Server
			s.Bind("default", "a", "http", "10.0.0.9:80")
			// Once each: what comes then is in order.
			s.FailTimes(1, "watch", "", k8stest.Body(watch))
			s.FailTimes(1, "list", "", k8stest.Body(list))
			n := namer(t, &s, k8s.Config{})
			got := see(t, n, "/default/http/a")
			got.now()
			_ = n.Describe(resolve.MustPath("/default/http/a"))
			_ = shown(t, n.State())
			settle()
			s.Send("", `{"type":"ERROR","object":{"code":410}}`)
			settle()
			got.expect(t, "10.0.0.9:80")
		})
	})
}
