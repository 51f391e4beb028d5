package ingress_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/k8stest"
	"github.com/meshhop/meshhop/resolve/k8s"
	"github.com/meshhop/meshhop/router/ingress"
)

// object is an Ingress of the cluster.
func object(name, spec string) string {
	return fmt.Sprintf(`{"kind":"Ingress","apiVersion":"networking.k8s.io/v1","metadata":{"name":%q,"namespace":"shop"},"spec":%s}`, name, spec)
}

// path is a rule of one path.
func path(host, path, pathType, service string) string {
	return fmt.Sprintf(`{"host":%q,"http":{"paths":[{"path":%q,"pathType":%q,"backend":{"service":{"name":%q,"port":{"number":80}}}}]}}`, host, path, pathType, service)
}

// TestFollowsIngresses: requests are named by the rules of now, the state has these rules in
// their order and what is left out, and each rule that is skipped is logged once as long as
// it is there.
func TestFollowsIngresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var server k8stest.Server
		client, err := k8s.NewClient(k8s.ClientConfig{Transport: &server})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		var log bytes.Buffer
		i, err := ingress.New(ingress.Config{Client: client, ErrorLog: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		defer i.Close()
		expect := func(name, rules string, logged int) {
			t.Helper()
			synctest.Wait()
			got := "declined"
			if found, err := i.Identify(httptest.NewRequest("GET", "http://shop.test/cart/7", nil)); err == nil {
				got = found.String()
			}
			if got != name {
				t.Errorf("it is named %s, want %s", got, name)
			}
			state, err := json.Marshal(i.State())
			if err != nil || !strings.Contains(string(state), rules) {
				t.Errorf("the state is %s, %v; want %s in it", state, err, rules)
			}
			for _, key := range []string{"default", "skipped"} {
				if has := strings.Contains(string(state), `"`+key+`":`); has != strings.Contains(rules, key) {
					t.Errorf("the state has %s: %v: %s", key, has, state)
				}
			}
			if n := strings.Count(log.String(), "a rule of an Ingress is skipped"); n != logged {
				t.Errorf("%d skipped rules are logged, want %d: %s", n, logged, log.String())
			}
		}
		expect("declined", `"rules":[]`, 0)
		server.Apply(object("a", `{"rules":[`+path("shop.test", "/cart", "Prefix", "cart")+`]}`))
		cart := `{"ingress":"shop/a","host":"shop.test","path":"/cart","pathType":"Prefix","name":"/shop/80/cart"}`
		expect("/shop/80/cart", `"rules":[`+cart+`]`, 0)
		server.Apply(object("b", `{"rules":[`+path("", "/(", "ImplementationSpecific", "odd")+`],"defaultBackend":{"service":{"name":"rest","port":{"name":"http"}}}}`))
		expect("/shop/80/cart", `"default":"/shop/http/rest","rules":[`+cart+`],"skipped":["ingress shop/b, host \"\", path \"/(\": error parsing regexp: missing closing ): `+"`/(`"+`"]`, 1)
		server.Apply(object("a", `{"rules":[`+path("shop.test", "/cart", "Exact", "cart")+`]}`))
		exact := strings.Replace(cart, "Prefix", "Exact", 1)
		expect("/shop/http/rest", `"default":"/shop/http/rest","rules":[`+exact+`],"skipped":[`, 1)
	})
}

// TestWaitsForIngresses: a request that comes before the rules waits for them, but not for
// ever, and the error says why there are none.
func TestWaitsForIngresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var server k8stest.Server
		server.Apply(object("a", `{"rules":[`+path("shop.test", "/cart", "Prefix", "cart")+`]}`))
		end := server.Fail("list", "ingresses", k8stest.Status(500, "InternalError", "not today"))
		client, err := k8s.NewClient(k8s.ClientConfig{Transport: &server})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		i, err := ingress.New(ingress.Config{Client: client})
		if err != nil {
			t.Fatal(err)
		}
		defer i.Close()
		began := time.Now()
		r := httptest.NewRequest("GET", "http://shop.test/cart/7", nil)
		if name, err := i.Identify(r); err == nil || !strings.Contains(err.Error(), "the Ingresses are not known yet") || !strings.Contains(err.Error(), "not today") {
			t.Errorf("named %s, %v", name, err)
		}
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("it waited %v", took)
		}
		end()
		if name, err := i.Identify(r); err != nil || name.String() != "/shop/80/cart" {
			t.Errorf("named %s, %v", name, err)
		}
	})
	if _, err := ingress.New(ingress.Config{}); err == nil || err.Error() != "ingress: Config.Client is required" {
		t.Errorf("without a client: %v", err)
	}
}
