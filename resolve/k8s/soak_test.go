package k8s_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/k8stest"
	"github.com/meshhop/meshhop/resolve/k8s"
)

// settle is time enough for a watch that was ended to be back.
func settle() {
	time.Sleep(30 * time.Second)
	synctest.Wait()
}

// TestSoak: 2,000 times pods come and go, while watches end, break and grow too
// old. A second after the last change no address is stale, and none is missing.
func TestSoak(t *testing.T) {
	sources(t, func(t *testing.T, only func(*k8stest.Server)) {
		var s k8stest.Server
		only(&s)
		bubble(t, &s, k8s.Config{}, func(t *testing.T, n *k8s.Namer) {
			const services, events = 5, 2000
			random := rand.New(rand.NewPCG(1, 2))
			pods := make([][]string, services)
			var all []*seen
			for i := range services {
				for _, port := range []string{"http", "80"} {
					all = append(all, see(t, n, fmt.Sprintf("/default/%s/s%d", port, i)))
				}
			}
			next := 0
			for e := range events {
				i := random.IntN(services)
				if len(pods[i]) > 0 && random.IntN(2) == 0 {
					at := random.IntN(len(pods[i]))
					pods[i] = slices.Delete(slices.Clone(pods[i]), at, at+1)
				} else {
					next++
					pods[i] = append(slices.Clone(pods[i]), fmt.Sprintf("10.0.%d.%d:80", next/250, next%250))
				}
				s.Bind("default", fmt.Sprint("s", i), "http", pods[i]...)
				fault := random.IntN(200)
				if fault < 5 {
					time.Sleep(12 * time.Second) // else it waits longer and longer
				}
				switch fault {
				case 0:
					s.Cut("")
				case 1:
					s.End("")
				case 2:
					s.Forget(e%2 == 0)
					s.End("")
				case 3:
					s.Send("", `{"type": garbage`)
				case 4:
					s.Bookmark("")
				}
				time.Sleep(time.Duration(random.IntN(20)) * time.Millisecond)
			}
			settled := len(s.Requests())
			time.Sleep(time.Second)
			for i, got := range all {
				want := slices.Sorted(slices.Values(pods[i/2]))
				have := strings.Fields(got.now())
				slices.Sort(have)
				switch {
				case len(want) > 0:
				case i%2 == 0:
					want = []string{"neg"}
				default:
					want = []string{"none"}
				}
				if !slices.Equal(have, want) {
					t.Errorf("service %d, a second later: %v, not %v", i/2, have, want)
				}
			}
			t.Logf("%d requests for %d events", settled, events)
			for _, got := range all {
				got.gone()
			}
			synctest.Wait()
			if n := s.Watches(""); n != 0 {
				t.Errorf("%d watches are left", n)
			}
		})
	})
}
