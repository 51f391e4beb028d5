package k8s_test

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s"
	"github.com/meshhop/meshhop/resolve/k8s/k8stest"
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

	cpu := cpuTime()
	i := 0
	for b.Loop() {
		want := changed.Load() + 1
		bind(i%services, 1+i/services)
		i++
		wait("change", func() bool { return changed.Load() >= want })
	}
	b.ReportMetric(perService, "B/service")
	b.ReportMetric(float64(cpuTime()-cpu)/float64(i), "cpu-ns/change")
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

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
