package k8s_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/k8stest"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s"
)

// configMap is one with data.
func configMap(data string) string {
	return `{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"dtabs","namespace":"default"}` + data + `}`
}

// TestConfigMap: vectors 223 and 224 and the rest of section 6, what the dtab is
// after each event, and what is logged.
func TestConfigMap(t *testing.T) {
	const good, other = `,"data":{"l5d.dtab":"/svc => /$/inet/127.1/1 ;"}`, `,"data":{"l5d.dtab":"/svc=>/$/inet/127.1/2","x":"y"}`
	const first, second = "ok /svc=>/$/inet/127.1/1", "ok /svc=>/$/inet/127.1/2"
	const gone, absent = "WARN k8s ConfigMap dtabs was deleted!", "WARN K8s ConfigMap dtabs doesn't exist, assuming it will be created"
	const noKey = "WARN dtab at l5d.dtab in k8s ConfigMap dtabs did not exist!"
	const bad = "ERROR k8s ConfigMap dtabs error reading dtab 'l5d.dtab': '/' expected but 's' found at '[s]vc'"
	const fine = "INFO k8s ConfigMap dtabs: the dtab can be read again"
	type step struct{ data, want, logs string } // data "-" deletes
	for _, row := range []struct {
		vector string
		steps  []step
	}{
		{"223", []step{{"-", "ok ", absent}, {good, first, fine}, {`,"data":{"l5d.dtab":"svc"}`, first, bad}, {`,"data":{"x":"y"}`, "ok ", noKey}, {other, second, fine}}},
		{"224", []step{{good, first, ""}, {"", "ok ", noKey}, {good, first, fine}, {"-", "ok ", gone}}},
		{"224, data null", []step{{good, first, ""}, {`,"data":null`, "ok ", noKey}, {other, second, fine}}},
		{"6: bad at first", []step{{`,"data":{"l5d.dtab":"svc"}`, "pending", bad}, {good, first, fine}}},
		{"6: an unrelated key", []step{{good, first, ""}, {`,"data":{"l5d.dtab":"/svc => /$/inet/127.1/1 ;","x":"y"}`, first, ""}}},
		{"6: binaryData", []step{{`,"binaryData":{"l5d.dtab":"L3N2Yz0+LyQvaW5ldC8xMjcuMS8y"}`, second, ""}, {`,"binaryData":{"l5d.dtab":"/w=="}`, "ok ", noKey}}},
		{"6: the same trouble again is told again", []step{{good, first, ""}, {"-", "ok ", gone}, {good, first, fine}, {"-", "ok ", gone}}},
	} {
		t.Run(row.vector, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var server k8stest.Server
				var logged bytes.Buffer
				client := dial(t, &server)
				var m *k8s.ConfigMap
				for i, s := range row.steps {
					if s.data == "-" {
						server.Delete("ConfigMap", "default", "dtabs")
					} else {
						server.Apply(configMap(s.data))
					}
					if m == nil {
						var err error
						if m, err = k8s.NewConfigMap(k8s.ConfigMapConfig{Client: client, Name: "dtabs", Key: "l5d.dtab",
							ErrorLog: slog.New(slog.NewTextHandler(&logged, nil))}); err != nil {
							t.Fatal(err)
						}
						defer m.Close()
					}
					synctest.Wait()
					now := m.Dtab().Sample()
					got := now.Status.String()
					if now.Status == resolve.OK {
						got += " " + now.Value.String()
					}
					if got != s.want {
						t.Errorf("step %d: the dtab is %q, not %q (%v)", i, got, s.want, now.Err)
					}
					if got := messages(logged.String()); got != s.logs {
						t.Errorf("step %d: logged %q, not %q", i, got, s.logs)
					}
					logged.Reset()
				}
				if n := server.Watches("configmaps"); n != 1 {
					t.Errorf("%d watches", n)
				}
				m.Close()
				synctest.Wait()
				if n := server.Watches("configmaps"); n != 0 {
					t.Errorf("%d watches are left", n)
				}
			})
		})
	}
}

// messages are the levels and messages of a log.
func messages(log string) string {
	var all []string
	for _, found := range regexp.MustCompile(`level=(\w+) msg=(".*?[^\\]"|\S+)`).FindAllStringSubmatch(log, -1) {
		all = append(all, found[1]+" "+strings.Trim(found[2], `"`))
	}
	return strings.Join(all, "; ")
}

// TestConfigMapOutage: an outage of the API changes nothing, and before its first
// answer the dtab is pending and says why.
func TestConfigMapOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var server k8stest.Server
		server.Apply(configMap(`,"data":{"d":"/a=>/b"}`))
		end := server.Fail("", "", k8stest.Status(403, "Forbidden", "configmaps is forbidden"))
		m, err := k8s.NewConfigMap(k8s.ConfigMapConfig{Client: dial(t, &server), Name: "dtabs", Key: "d"})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		synctest.Wait()
		if s := m.Dtab().Sample(); s.Status != resolve.Pending || s.Err == nil || !strings.Contains(s.Err.Error(), "configmaps is forbidden") {
			t.Errorf("it is %v", s)
		}
		end()
		time.Sleep(30 * time.Second)
		server.Fail("", "", k8stest.Status(503, "", "down"))
		server.End("")
		time.Sleep(time.Hour)
		if s := m.Dtab().Sample(); s.Status != resolve.OK || s.Value.String() != "/a=>/b" {
			t.Errorf("in an outage it is %v", s)
		}
		page, err := json.Marshal(m.State())
		for _, want := range []string{`"value":"/a=\u003e/b"`, `"streaming":false`, `"lastError":"`, `"resource":"configmaps"`, `"running":true`} {
			if err != nil || !strings.Contains(string(page), want) {
				t.Errorf("the page is %s, without %s", page, want)
			}
		}
	})
}

func TestConfigMapConfig(t *testing.T) {
	client := dial(t, new(k8stest.Server))
	for want, c := range map[string]k8s.ConfigMapConfig{
		"needs a Client":     {Name: "n", Key: "k"},
		"Name is not set":    {Client: client, Key: "k"},
		"Key is not set":     {Client: client, Name: "n"},
		"for a ConfigMap":    {Client: client, Name: "../x", Key: "k"},
		`namespace "a/../b"`: {Client: client, Name: "x", Key: "k", Namespace: "a/../b"},
	} {
		if _, err := k8s.NewConfigMap(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, not %q", err, want)
		}
	}
}

func ExampleNewConfigMap() {
	var server k8stest.Server // a scripted API server; an Access in its place is a real one
	server.Apply(configMap(`,"data":{"l5d.dtab":"/svc => /#/io.l5d.k8s/default/http;"}`))
	client, err := k8s.NewClient(k8s.ClientConfig{Transport: &server})
	if err != nil {
		panic(err)
	}
	defer client.Close()
	m, err := k8s.NewConfigMap(k8s.ConfigMapConfig{Client: client, Name: "dtabs", Key: "l5d.dtab"})
	if err != nil {
		panic(err)
	}
	defer m.Close()
	fmt.Println(m.Dtab().Wait(context.Background()))
	// Output: /svc=>/#/io.l5d.k8s/default/http <nil>
}
