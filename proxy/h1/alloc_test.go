package h1_test

import (
	"net/http"
	"runtime"
	"testing"

	"github.com/meshhop/meshhop/proxy/h1"
)

// TestAllocations is the ceiling for a request with nine header lines and its response, the
// allocations of the handler included.
func TestAllocations(t *testing.T) {
	if raced {
		t.Skip("pools lose what they have")
	}
	addr := start(t, h1.New(h1.Config{Handler: http.HandlerFunc(hello)}))
	exchange := exchanger(t, addr, usual, responseSize(t, addr, usual))
	// A garbage collection during the test costs some, so the ceiling has some room.
	if got := testing.AllocsPerRun(500, exchange); got > 8 {
		t.Errorf("%v allocations, want at most 8", got)
	}
}

// BenchmarkIdle tells what a connection costs that has had one request.
func BenchmarkIdle(b *testing.B) {
	for _, s := range servers {
		b.Run(s.name, func(b *testing.B) {
			addr := start(b, s.make(http.HandlerFunc(hello)))
			size := responseSize(b, addr, usual)
			memory := func() uint64 {
				var m runtime.MemStats
				for range 4 { // stacks shrink by half each time
					runtime.GC()
				}
				runtime.ReadMemStats(&m)
				return m.HeapInuse + m.StackInuse
			}
			const conns = 1000
			var total uint64
			for b.Loop() {
				before := memory()
				for range conns {
					exchanger(b, addr, usual, size)()
				}
				total += memory() - before
			}
			// The client's end is in it: a connection and a buffer of 64 KiB that was dropped.
			b.ReportMetric(float64(total)/float64(b.N)/conns, "B/conn")
		})
	}
}
