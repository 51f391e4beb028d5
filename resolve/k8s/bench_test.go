package k8s_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/cputime"
	"github.com/meshhop/meshhop/internal/k8stest"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s"
	"github.com/meshhop/meshhop/router"
)

// BenchmarkServices watches 5,000 Services of 3 endpoints by demand, of which one
// after the other changes. An operation is one change, from the API to those who
// observe the addresses. It reports the memory of one watched Service, with the
// scripted server's own part, which is in the same process, and the CPU time of
// both for one change.
func BenchmarkServices(b *testing.B) {
	const services = 5000
	var s k8stest.Server
	name := func(i int) string { return fmt.Sprint("s", i) }
	bind := func(i, at int) {
		s.Bind("default", name(i), "http", fmt.Sprintf("10.%d.%d.1:80", i/250, i%250), fmt.Sprintf("10.%d.%d.2:80", i/250, i%250), fmt.Sprintf("10.%d.%d.%d:80", i/250, i%250, 3+at%200))
	}
	for i := range services {
		bind(i, 0)
	}
	c, err := k8s.NewClient(k8s.ClientConfig{Transport: &s})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	n, err := k8s.New(k8s.Config{Client: c})
	if err != nil {
		b.Fatal(err)
	}
	before := heap()
	var changed atomic.Int64
	var failed atomic.Int64
	var stops []func()
	var mu sync.Mutex
	for i := range services {
		tree := n.Lookup(resolve.MustPath("/default/http/" + name(i)))
		stop := tree.Observe(func(st resolve.State[resolve.NameTree[resolve.Name]]) {
			if st.Value.Op != resolve.Leaf {
				return
			}
			stop := st.Value.Leaf.Bound.Addr.Observe(func(st resolve.State[resolve.Replicas]) {
				switch {
				case st.Status == resolve.Pending:
				case st.Status == resolve.Failed || len(st.Value.Addresses) == 0:
					failed.Add(1)
				default:
					changed.Add(1)
				}
			})
			mu.Lock()
			stops = append(stops, stop)
			mu.Unlock()
		})
		mu.Lock()
		stops = append(stops, stop)
		mu.Unlock()
	}
	wait := func(what string, done func() bool) {
		for begun := time.Now(); !done(); runtime.Gosched() {
			if time.Since(begun) > 5*time.Minute {
				b.Fatalf("%s: %d changes, %+v", what, changed.Load(), c.Stats())
			}
		}
	}
	wait("start", func() bool { return changed.Load() >= services && connected(c) == services })
	perService := float64(heap()-before) / services

	cpu := cputime.Used()
	i := 0
	for b.Loop() {
		want := changed.Load() + 1
		bind(i%services, 1+i/services)
		i++
		wait("change", func() bool { return changed.Load() >= want })
	}
	b.ReportMetric(perService, "B/service")
	b.ReportMetric(float64(cputime.Used()-cpu)/float64(i), "cpu-ns/change")
	if failed.Load() > 0 {
		b.Errorf("%d times a name had no addresses", failed.Load())
	}
	mu.Lock()
	defer mu.Unlock()
	for _, stop := range stops {
		stop()
	}
}

func connected(c *k8s.Client) (n int) {
	for _, s := range c.Stats() {
		n += s.Connected
	}
	return n
}

// BenchmarkChurn has a hop, with a proxy that listens on loopback, serve requests to
// 5,000 Services of 3 pods, each watched because it was asked for, while their pods
// are replaced 500 times in a second. An operation is one change, with the requests
// that are made meanwhile.
//
// It reports the memory of one Service that was asked for, with all that the API
// client, the router and the scripted server keep of it, and no connections; the CPU
// time of one change while there are no requests; and of the requests how many there
// were, how many failed, which must be none, how many came to a pod a tenth of a
// second after it was removed or later, and how many connections were refused by pods
// that had stopped, after [grace].
func BenchmarkChurn(b *testing.B) {
	const services, quiet, perSecond = 5000, 5000, 500
	front, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	p := newPods(100*time.Millisecond, func() time.Duration { return 0 })
	to := front.Addr().String()
	c := startChurn(b, services, router.CacheConfig{Paths: 2 * services, Clients: 2 * services}, func(*k8stest.Server) {}, front,
		func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, to)
		}, p)
	before := heap()
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			for i := n; i < services; i += 8 {
				c.request(b.Context(), i, http.MethodGet, true)
			}
		})
	}
	all.Wait()
	for begun := time.Now(); connected(c.client) != services; time.Sleep(time.Millisecond) {
		if time.Since(begun) > time.Minute {
			b.Fatalf("%d", connected(c.client))
		}
	}
	perService := float64(heap()-before) / services

	cpu := cputime.Used()
	for i := range quiet {
		c.change(i % services)
	}
	time.Sleep(2 * grace) // all is told, and the pods have stopped
	perChange := float64(cputime.Used()-cpu) / quiet

	c.requests.Store(0)
	stop := c.ask(8, func(*rand.Rand) time.Duration { return 0 })
	each := time.NewTicker(time.Second / perSecond)
	changes := 0
	for b.Loop() {
		<-each.C
		c.change(c.random.IntN(services))
		changes++
	}
	each.Stop()
	stop()
	c.report(b)
	b.ReportMetric(perService, "B/service")
	b.ReportMetric(perChange, "cpu-ns/change")
	b.ReportMetric(float64(c.requests.Load()), "requests")
	b.ReportMetric(float64(c.failed.Load()), "failed")
	b.ReportMetric(float64(p.late.Load()), "late")
	b.ReportMetric(float64(p.refused.Load()), "refused")
	time.Sleep(2 * grace)
	c.close(b)
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}
