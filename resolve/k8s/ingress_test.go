package k8s_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/ingresses"
	"github.com/meshhop/meshhop/internal/k8stest"
	"github.com/meshhop/meshhop/resolve/k8s"
)

// followed is what is told of Ingresses, as text.
type followed struct {
	ingresses.Watch
	mu   sync.Mutex
	last string
}

func follow(t *testing.T, server *k8stest.Server, namespace string) *followed {
	t.Helper()
	f := &followed{last: "nothing yet"}
	var err error
	f.Watch, err = dial(t, server).FollowIngresses(ingresses.Config{Namespace: namespace, Changed: func(all []ingresses.Ingress) {
		var texts []string
		for _, i := range all {
			text := i.Namespace + "/" + i.Name + " " + i.Class
			for _, r := range i.Rules {
				text += fmt.Sprintf(" %s%s(%s)=%s:%s", r.Host, r.Path, r.PathType, r.Backend.Service, r.Backend.Port)
			}
			if i.Default != nil {
				text += " default=" + i.Default.Service + ":" + i.Default.Port
			}
			for _, s := range i.Skipped {
				text += " skipped " + s
			}
			texts = append(texts, text)
		}
		f.mu.Lock()
		f.last = strings.Join(texts, "; ")
		f.mu.Unlock()
	}})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *followed) expect(t *testing.T, want string) {
	t.Helper()
	synctest.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.last != want {
		t.Errorf("it is\n%s, not\n%s", f.last, want)
	}
}

const (
	v1 = `{"kind":"Ingress","apiVersion":"networking.k8s.io/v1","metadata":{"name":"new","namespace":"ns1","annotations":{"kubernetes.io/ingress.class":"nginx","secret":"s3"}},` +
		`"spec":{"ingressClassName":"linkerd","defaultBackend":{"service":{"name":"fallback","port":{"name":"http"}}},"rules":[{"host":"h"},{"host":"h","http":{"paths":[` +
		`{"path":"/a","pathType":"Prefix","backend":{"service":{"name":"web","port":{"number":80}}}},{"path":"/b","pathType":"Exact","backend":{"resource":{"kind":"Bucket","name":"x"}}}]}}]}}`
	v1beta1 = `{"kind":"Ingress","apiVersion":"extensions/v1beta1","metadata":{"name":"old","namespace":"ns2","annotations":{"kubernetes.io/ingress.class":"nginx"}},` +
		`"spec":{"backend":{"serviceName":"s","servicePort":"web"},"rules":[{"http":{"paths":[{"path":"/x.*","backend":{"serviceName":"s","servicePort":80}}]}}]}}`
	newIs = `ns1/new linkerd h/a(Prefix)=web:80 default=fallback:http skipped host "h", path "/b": the backend is no Service`
	oldIs = `ns2/old nginx /x.*()=s:80 default=s:web`
)

// TestIngresses: both versions are read, changes are followed (vector 227), an outage
// changes nothing, and nothing is left at the end.
func TestIngresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var server k8stest.Server
		server.Apply(v1, v1beta1)
		all, one := follow(t, &server, ""), follow(t, &server, "ns2")
		all.expect(t, newIs+"; "+oldIs)
		one.expect(t, oldIs)
		server.Delete("Ingress", "ns1", "new")
		all.expect(t, oldIs)
		server.Fail("", "", k8stest.Status(503, "", "down"))
		server.End("")
		time.Sleep(time.Hour)
		all.expect(t, oldIs)
		page, _ := json.Marshal(all.State("the rules"))
		if err := all.Err(); err != nil {
			t.Errorf("they are known, and not: %v", err)
		}
		if !strings.Contains(string(page), `"value":"the rules"`) || !strings.Contains(string(page), `"lastError":"`) || strings.Contains(string(page), "s3") {
			t.Errorf("the page is %s", page)
		}
		all.Close()
		one.Close()
		if n := server.Watches(""); n != 0 {
			t.Errorf("%d watches are left", n)
		}
	})
}

// TestIngressVersions: where the server has no networking.k8s.io/v1 the version
// before is read, and the new one is tried again; a server that has neither is asked
// until it has one.
func TestIngressVersions(t *testing.T) {
	missing := k8stest.Status(http.StatusNotFound, "NotFound", "the server could not find the requested resource")
	synctest.Test(t, func(t *testing.T) {
		var server k8stest.Server
		server.Apply(v1beta1)
		endNew := server.Fail("", "/apis/networking.k8s.io/", missing)
		endOld := server.Fail("", "/apis/extensions/", missing)
		f := follow(t, &server, "")
		defer f.Close()
		time.Sleep(time.Minute)
		f.expect(t, "nothing yet")
		if err := f.Err(); err == nil || !strings.Contains(err.Error(), "could not find") {
			t.Errorf("it is not known for %v", err)
		}
		if n := len(server.Requests()); n < 2*10 || n > 2*70 {
			t.Errorf("%d requests in a minute", n)
		}
		endOld()
		time.Sleep(10 * time.Second)
		f.expect(t, oldIs)
		if f.Err() != nil {
			t.Error(f.Err())
		}
		endNew()
		server.Apply(v1)
		f.expect(t, newIs+"; "+oldIs)
		time.Sleep(12 * time.Minute)
		f.expect(t, newIs+"; "+oldIs)
		requests := server.Requests()
		if last := requests[len(requests)-1]; !strings.HasPrefix(last, "/apis/networking.k8s.io/v1/ingresses?") {
			t.Errorf("at last it asks for %s", last)
		}
	})
}

func ExampleClient_FollowIngresses() {
	var server k8stest.Server // a scripted API server; an Access in its place is a real one
	server.Apply(v1)
	client, err := k8s.NewClient(k8s.ClientConfig{Transport: &server})
	if err != nil {
		panic(err)
	}
	defer client.Close()
	told := make(chan []ingresses.Ingress, 1)
	w, err := client.FollowIngresses(ingresses.Config{Changed: func(all []ingresses.Ingress) { told <- all }})
	if err != nil {
		panic(err)
	}
	defer w.Close()
	for _, i := range <-told {
		fmt.Println(i.Namespace, i.Name, i.Class, i.Rules)
	}
	// Output: ns1 new linkerd [{h /a Prefix {web 80}}]
}
