package k8s_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/internal/k8stest"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s"
)

func shown(t *testing.T, state any) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(state); err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`&timeoutSeconds=\d+`).ReplaceAllString(strings.TrimSpace(b.String()), "") // a random time
}

// TestState is the page (229).
func TestState(t *testing.T) {
	s := cluster(t)
	bubble(t, s, k8s.Config{LabelSelector: "version"}, func(t *testing.T, n *k8s.Namer) {
		see(t, n, "/t/80/lab/v1").now()
		const want = `{
 "endpoints": {
  "t/lab:version=v1": {
   "state": {
    "running": true,
    "lastStartedAt": "2000-01-01 00:00:00 +0000",
    "lastUpdatedAt": "2000-01-01 00:00:00 +0000",
    "value": {
     "endpoints": [
      {
       "ip": "10.196.1.2",
       "nodeName": "node1",
       "port": 7777
      },
      {
       "ip": "10.196.1.3",
       "nodeName": "node1",
       "port": 7777
      }
     ],
     "nsName": "t",
     "ports": {
      "http": 7777
     },
     "serviceName": "lab"
    }
   },
   "watch": {
    "resource": "endpointslices",
    "request": "GET /apis/discovery.k8s.io/v1/namespaces/t/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dlab%2Cversion%3Dv1&watch=true&allowWatchBookmarks=true&resourceVersion=45",
    "lastRequestAt": "2000-01-01 00:00:00 +0000",
    "lastResponseAt": "2000-01-01 00:00:00 +0000",
    "lastStreamStartAt": "2000-01-01 00:00:00 +0000",
    "streaming": true,
    "resourceVersion": "45"
   }
  }
 },
 "portMappings": {
  "t/lab:version=v1": {
   "state": {
    "running": true,
    "lastStartedAt": "2000-01-01 00:00:00 +0000",
    "lastUpdatedAt": "2000-01-01 00:00:00 +0000",
    "value": {
     "80": "7777"
    }
   },
   "watch": {
    "resource": "services",
    "request": "GET /api/v1/namespaces/t/services?fieldSelector=metadata.name%3Dlab&labelSelector=version%3Dv1&watch=true&allowWatchBookmarks=true&resourceVersion=45",
    "lastRequestAt": "2000-01-01 00:00:00 +0000",
    "lastResponseAt": "2000-01-01 00:00:00 +0000",
    "lastStreamStartAt": "2000-01-01 00:00:00 +0000",
    "streaming": true,
    "resourceVersion": "45"
   }
  }
 }
}`
		if diff := cmp.Diff(want, shown(t, n.State())); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// TestStateOfTrouble: what the server last said, and only of names in use.
func TestStateOfTrouble(t *testing.T) {
	var s k8stest.Server
	s.Bind("default", "hello", "http", "10.0.0.1:80")
	bubble(t, &s, k8s.Config{}, func(t *testing.T, n *k8s.Namer) {
		got := see(t, n, "/default/http/hello")
		got.now()
		s.Fail("", "", k8stest.Status(403, "Forbidden", "endpoints is forbidden"))
		see(t, n, "/default/http/new").now()
		s.Cut("")
		time.Sleep(time.Minute)
		text := shown(t, n.State())
		if strings.Count(text, `"lastError": "403 endpoints is forbidden"`) != 2 || strings.Contains(text, "portMappings\": {\n") || !strings.Contains(text, `"ip": "10.0.0.1"`) {
			t.Errorf("the state is %s", text)
		}
		got.gone()
		synctest.Wait()
		if text := shown(t, n.State()); strings.Contains(text, "hello") {
			t.Errorf("the state of a name that is not in use is %s", text)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		s.Apply(balanced("lb", `"ip":"10.0.0.1"`, `"hostname":"a.example"`))
		var fresh k8stest.Server
		fresh.Apply(balanced("lb", `"ip":"10.0.0.1"`, `"hostname":"a.example"`))
		n := external(t, &fresh, k8s.Config{Resolver: &hosts{}})
		got := see(t, n, "/default/outgoing/lb")
		got.now()
		if text := shown(t, n.State()); !strings.Contains(text, `"services"`) || !strings.Contains(text, `"a.example"`) || strings.Contains(text, `"endpoints"`) {
			t.Errorf("the state is %s", text)
		}
		got.gone()
	})
}

// TestDescribe: where an answer is from, how old it is, and what the server last
// said.
func TestDescribe(t *testing.T) {
	var s k8stest.Server
	s.Bind("default", "hello", "http", "10.0.0.1:80", "10.0.0.2:80")
	s.Bind("default", "one", "http", "10.0.0.1:80")
	s.Apply(`{"kind":"Service","metadata":{"name":"ext"},"spec":{"type":"ExternalName","externalName":"db.example","ports":[{"port":80}]}}`)
	bubble(t, &s, k8s.Config{}, func(t *testing.T, n *k8s.Namer) {
		expect := func(name, want string) {
			t.Helper()
			synctest.Wait()
			if got := n.Describe(resolve.MustPath(name)); got != want {
				t.Errorf("%s is described as\n%q, not\n%q", name, got, want)
			}
		}
		expect("/default/http/hello", "")
		expect("/default/http/x_y", "no Service of Kubernetes can have that name")
		for _, name := range []string{"/default/http/hello", "/default/80/one", "/default/80/ext", "/default/80/none", "/default/http/none"} {
			see(t, n, name)
		}
		synctest.Wait()
		time.Sleep(2 * time.Second)
		expect("/default/http/hello/rest", "endpointslices of default/hello, 2 addresses, read 2s ago and watched since, through localhost:8001")
		expect("/default/80/one", "services of default/one, ports 80, read 2s ago and watched since, through localhost:8001; "+
			"endpointslices of default/one, 1 address, read 2s ago and watched since, through localhost:8001")
		expect("/default/80/ext", "services of default/ext, an ExternalName, which has no pods: use /$/inet/db.example/80, read 2s ago and watched since, through localhost:8001")
		expect("/default/80/none", "services of default/none, there is none, read 2s ago and watched since, through localhost:8001; "+
			"endpointslices of default/none, 0 addresses, read 2s ago and watched since, through localhost:8001")
		back := s.Fail("", "", k8stest.Status(500, "", "etcd is down"))
		s.Cut("")
		synctest.Wait()
		time.Sleep(4 * time.Minute)
		expect("/default/http/hello", "endpointslices of default/hello, 2 addresses, 4m0s old: 500 etcd is down, from localhost:8001")
		back()
		time.Sleep(20 * time.Second)
		if got := n.Describe(resolve.MustPath("/default/http/hello")); !strings.Contains(got, "watched since") {
			t.Errorf("after the trouble it is described as %q", got)
		}
	})
}
