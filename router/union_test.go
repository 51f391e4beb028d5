package router_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// TestAUnionThatIsNotAnswered: where one branch of a union is never answered,
// the first request waits for it for a second, and later ones do not.
func TestAUnionThatIsNotAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, func(c *router.Config) {
			c.Dtab = resolve.MustDtab("/svc/web => 1 * /#/fake/good & 3 * /#/fake/silent")
		})
		f.names.Bind("/good", "10.0.0.1:80")
		f.names.Stall("/silent")
		ask := func(local string) time.Duration {
			t.Helper()
			r := request(t, "web")
			r.Header.Set("l5d-dtab", local)
			began := time.Now()
			if got := f.mustAsk(t, r); got != "10.0.0.1:80" {
				t.Fatalf("it goes to %s", got)
			}
			return time.Since(began)
		}
		if took := ask(""); took > 1100*time.Millisecond {
			t.Errorf("the first request took %s", took)
		}
		for range 10 {
			if took := ask("") + ask("/other=>/x") + ask("/another=>/y"); took > 5*time.Millisecond {
				t.Errorf("a later request took %s", took)
			}
			time.Sleep(time.Minute)
		}
		f.names.Bind("/silent", "10.0.0.2:80")
		synctest.Wait()
		got := make(map[string]int)
		for range 400 {
			got[f.mustAsk(t, request(t, "web"))]++
		}
		// 100 are expected; beyond these bounds lies one chance in a million.
		if one := got["10.0.0.1:80"]; one < 55 || one > 150 || got["10.0.0.2:80"] != 400-one {
			t.Errorf("with the weights 1 and 3: %v", got)
		}
	})
}
