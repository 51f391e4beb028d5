package k8s_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/k8stest"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s"
)

// through is an interpreter with the namer io.l5d.k8s and a DaemonSet, as a namer.
type through struct{ in *resolve.DefaultInterpreter }

func (x through) Lookup(p resolve.Path) *resolve.Activity[resolve.NameTree[resolve.Name]] {
	bound := x.in.Bind(nil, resolve.MustPath("/#/io.l5d.k8s").Append(p))
	return resolve.MapActivity(bound, func(t resolve.NameTree[*resolve.Bound]) resolve.NameTree[resolve.Name] {
		return resolve.MapTree(t, func(b *resolve.Bound) resolve.Name { return resolve.Name{Bound: b} })
	})
}

// stateful has a page.
type stateful interface {
	fmt.Stringer
	State() any
}

func gateways(t *testing.T, server *k8stest.Server, port string, hostNetwork bool) (through, stateful) {
	t.Helper()
	client := dial(t, server)
	n, err := k8s.New(k8s.Config{Client: client})
	if err != nil {
		t.Fatal(err)
	}
	d, err := k8s.NewDaemonSet(k8s.DaemonSetConfig{Client: client, Namespace: "default", Port: port, Service: "l5d",
		HostNetwork: hostNetwork, Prefix: resolve.MustPath("/%/io.l5d.k8s.daemonset/default/" + port + "/l5d")})
	if err != nil {
		t.Fatal(err)
	}
	in, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/io.l5d.k8s"), Namer: n}}, Transformers: []resolve.Transformer{d}})
	if err != nil {
		t.Fatal(err)
	}
	return through{in}, d.(stateful)
}

// TestDaemonSet: vectors 218 to 220, which gateways stand for which addresses.
func TestDaemonSet(t *testing.T) {
	for _, row := range []struct {
		vector, port string
		host         bool
		gateways     []string
		of           []string
		want, note   string
	}{
		{"218", "incoming", false, []string{"1.1.1.1:4141", "1.1.2.1:4141", "1.1.3.1:4141"}, []string{"1.1.2.55:8888"}, "1.1.2.1:4141", ""},
		{"218, port by number", "4140", false, []string{"1.1.1.1:4141", "1.1.2.1:4141", "1.1.3.1:4141"}, []string{"1.1.2.55:8888"}, "1.1.2.1:4141", ""},
		{"218", "incoming", false, []string{"1.1.1.1:4141"}, []string{"1.1.4.55:8888"}, "none", ""},
		{"219", "incoming", true, []string{"1.1.1.1:4141@7.7.7.1", "1.1.2.1:4141@7.7.7.2"}, []string{"9.9.9.9:1@7.7.7.2"}, "1.1.2.1:4141@7.7.7.2", ""},
		{"220", "incoming", true, []string{"1.1.1.1:4141"}, []string{"1.1.1.2:1"}, "none", ""},
		{"5.1: IPv6 by node", "incoming", false, []string{"[fd00::1]:4141@n1", "[fd00::2]:4141@n2"}, []string{"[fd00::9]:1@n2"}, "[fd00::2]:4141@n2", ""},
		{"5.1: IPv6 without nodes", "incoming", false, []string{"[fd00::1]:4141"}, []string{"[fd00::2]:1"}, "none", ""},
		{"5.1: families", "incoming", false, []string{"[fd00::1]:4141@n1"}, []string{"1.1.1.1:1"}, "none", ""},
		{"5.1: no gateways", "incoming", false, nil, []string{"1.1.1.1:1"}, "none", ""},
		{"5.1: another /24 of the node", "incoming", false, []string{"1.1.1.1:4141@n1"}, []string{"1.1.2.1:1@n1"}, "none",
			"a gateway is on the node of an address, and not in its /24: hostNetwork: true goes by the names of nodes"},
	} {
		t.Run(row.vector, func(t *testing.T) {
			var server k8stest.Server
			server.Bind("default", "l5d", "incoming:4140", row.gateways...)
			server.Bind("default", "hello", "http", row.of...)
			synctest.Test(t, func(t *testing.T) {
				x, d := gateways(t, &server, row.port, row.host)
				s := see(t, x, "/default/http/hello")
				s.expect(t, row.want)
				if id := s.bound.ID.String(); id != "/%/io.l5d.k8s.daemonset/default/"+row.port+"/l5d/#/io.l5d.k8s/default/http/hello" {
					t.Errorf("the id is %s", id)
				}
				if s.last.Neg != (row.want == "none") || s.last.Unresolved != row.note {
					t.Errorf("Neg is %t, note %q", s.last.Neg, s.last.Unresolved)
				}
				if want := map[bool]string{false: "SubnetGatewayTransformer", true: "MetadataGatewayTransformer"}[row.host]; d.String() != want {
					t.Errorf("it is called %s", d)
				}
			})
		})
	}
}

// TestDaemonSetIsLive: new gateways and new pods show, what is pending and what does
// not exist stays so, and an outage changes nothing.
func TestDaemonSetIsLive(t *testing.T) {
	var server k8stest.Server
	end := server.Fail("", "", k8stest.Status(500, "", "starting"))
	synctest.Test(t, func(t *testing.T) {
		x, _ := gateways(t, &server, "incoming", false)
		s, missing := see(t, x, "/default/http/hello"), see(t, x, "/default/http/nosuch")
		synctest.Wait()
		if s.name.Status != resolve.Pending {
			t.Errorf("before the API answers it is %s", s.now())
		}
		end()
		end = server.Fail("", "/api/v1/namespaces/default/endpoints", k8stest.Status(500, "", "not asked"))
		defer end()
		server.Bind("default", "hello", "http", "1.1.1.9:80", "1.1.2.9:80")
		hang := server.Fail("", "endpointslices", k8stest.Status(500, "", "still starting").Unless(ofService("hello")))
		time.Sleep(30 * time.Second)
		synctest.Wait()
		if s.name.Status != resolve.Pending {
			t.Errorf("while the gateways are pending it is %s", s.now())
		}
		hang()
		server.Bind("default", "l5d", "incoming", "1.1.1.1:4141")
		time.Sleep(30 * time.Second)
		missing.expect(t, "neg")
		s.expect(t, "1.1.1.1:4141")
		names := s.names
		server.Bind("default", "l5d", "incoming", "1.1.1.1:4141", "1.1.2.1:4141")
		s.expect(t, "1.1.1.1:4141 1.1.2.1:4141")
		server.Bind("default", "hello", "http", "1.1.2.9:80")
		s.expect(t, "1.1.2.1:4141")
		server.Unbind("default", "l5d")
		s.expect(t, "none")
		if s.names != names {
			t.Errorf("the name changed %d times", s.names-names)
		}
		server.Bind("default", "l5d", "incoming", "1.1.2.1:4141")
		s.expect(t, "1.1.2.1:4141")
		server.Fail("", "", k8stest.Status(503, "", "down"))
		server.End("")
		time.Sleep(time.Hour)
		s.expect(t, "1.1.2.1:4141")
	})
}

// TestDaemonSetState: the page is empty until somebody needs the gateways.
func TestDaemonSetState(t *testing.T) {
	var server k8stest.Server
	server.Bind("default", "l5d", "incoming", "1.1.1.1:4141@n1")
	server.Bind("default", "hello", "http", "1.1.1.9:80")
	synctest.Test(t, func(t *testing.T) {
		x, d := gateways(t, &server, "incoming", false)
		if page, _ := json.Marshal(d.State()); string(page) != "{}" {
			t.Errorf("the page is %s", page)
		}
		see(t, x, "/default/http/hello").expect(t, "1.1.1.1:4141@n1")
		page, _ := json.Marshal(d.State())
		for _, want := range []string{`"serviceName":"l5d"`, `{"ip":"1.1.1.1","nodeName":"n1","port":4141}`, `"streaming":true`} {
			if !strings.Contains(string(page), want) {
				t.Errorf("the page is %s, without %s", page, want)
			}
		}
	})
}

func TestDaemonSetConfig(t *testing.T) {
	if _, err := k8s.NewDaemonSet(k8s.DaemonSetConfig{Namespace: "a", Port: "b", Service: "c"}); err == nil {
		t.Error("it does without a Client")
	}
	c := k8s.DaemonSetConfig{Client: dial(t, new(k8stest.Server)), Namespace: "default", Port: "0", Service: "l5d"}
	if _, err := k8s.NewDaemonSet(c); err == nil || !strings.Contains(err.Error(), `port "0"`) {
		t.Errorf("port 0: %v", err)
	}
}

func ExampleNewDaemonSet() {
	var server k8stest.Server // a scripted API server; an Access in its place is a real one
	server.Bind("default", "l5d", "incoming", "10.1.1.1:4141", "10.1.2.1:4141")
	server.Bind("default", "hello", "http", "10.1.2.9:7777")
	client, err := k8s.NewClient(k8s.ClientConfig{Transport: &server})
	if err != nil {
		panic(err)
	}
	defer client.Close()
	namer, err := k8s.New(k8s.Config{Client: client})
	if err != nil {
		panic(err)
	}
	nodes, err := k8s.NewDaemonSet(k8s.DaemonSetConfig{Client: client, Namespace: "default", Port: "incoming", Service: "l5d", Prefix: resolve.MustPath("/%/l5d")})
	if err != nil {
		panic(err)
	}
	names, err := resolve.New(resolve.Config{
		Namers:       []resolve.Mount{{Prefix: resolve.MustPath("/#/io.l5d.k8s"), Namer: namer}},
		Transformers: []resolve.Transformer{nodes},
	})
	if err != nil {
		panic(err)
	}
	tree, err := names.Bind(nil, resolve.MustPath("/#/io.l5d.k8s/default/http/hello")).Wait(context.Background())
	if err != nil {
		panic(err)
	}
	found, _ := tree.Leaf.Addr.Wait(context.Background())
	fmt.Println(tree.Leaf.ID, found.Addresses)
	// Output: /%/l5d/#/io.l5d.k8s/default/http/hello [10.1.2.1:4141]
}

// ofService says whether a request is for what stands behind a Service.
func ofService(name string) func(*http.Request) bool {
	return func(r *http.Request) bool { return strings.Contains(r.URL.RawQuery, "service-name%3D"+name) }
}
