//go:build linux

package app

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
)

// TestLostContext: of two demos the one whose services forward no context says of hello,
// which calls world, that it loses it; the other one, with more requests at once, says it
// of nobody. Only on Linux have the services addresses of their own.
func TestLostContext(t *testing.T) {
	if testing.Short() {
		t.Skip("calls are judged after five seconds")
	}
	losing, honest := startDemo(t, "-forward=false"), startDemo(t)
	ask := func(p *running, times int) {
		for range times {
			if _, body := get(t, p.addr("router outgoing"), "http://hello", nil); !helloWorld.MatchString(body) {
				t.Errorf("got %q", body)
			}
		}
	}
	var asking sync.WaitGroup
	for range 10 {
		asking.Go(func() { ask(honest, 10) })
	}
	ask(losing, 10)
	asking.Wait()
	named := func(p *running) (all []string) {
		_, body := get(t, "", "http://"+p.addr("admin")+"/health?format=json", nil)
		var page struct {
			Tables struct {
				Lost []struct {
					Service    string
					Lost, Kept int
				} `json:"lost-context"`
			}
		}
		if err := json.Unmarshal([]byte(body), &page); err != nil {
			t.Fatalf("%v in %s", err, body)
		}
		for _, one := range page.Tables.Lost {
			all = append(all, one.Service)
		}
		return all
	}
	waitFor(t, "hello to be named", func() bool { return strings.Join(named(losing), " ") == "/svc/hello" })
	if all := named(honest); len(all) > 0 {
		t.Errorf("of services that forward the context it names %v", all)
	}
	if _, page := get(t, "", "http://"+losing.addr("admin")+"/metrics", nil); !strings.Contains(page, `meshhop_lost_context_calls{context="kept",service="svc/hello"} 0`) {
		t.Error("the metrics do not have it")
	}
}
