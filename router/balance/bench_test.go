package balance_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/meshhop/meshhop/router/balance"
)

// BenchmarkPick picks an endpoint and makes a request there, in ten goroutines per
// core.
func BenchmarkPick(b *testing.B) {
	for _, kind := range kinds(b) {
		for _, size := range []int{3, 30, 300} {
			b.Run(fmt.Sprintf("%s/%d", kind.name, size), func(b *testing.B) {
				picker := kind.balancer.Picker(failingEndpoints(b, size))
				r := &http.Request{}
				b.SetParallelism(10)
				b.ReportAllocs()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						lease := picker.Pick(r).Acquire()
						lease.Report(balance.Success)
						lease.Done()
					}
				})
			})
		}
	}
}

// TestRequestsDoNotAllocate: neither picking nor reporting the outcome of a request
// allocates, with any balancer and any accrual, in a set with weights.
func TestRequestsDoNotAllocate(t *testing.T) {
	for _, accrual := range accruals(t) {
		for _, kind := range kinds(t) {
			set := newSet(t, func(c *balance.SetConfig) {
				c.Accrual, c.Balancer = accrual.Accrual, balance.Weighted(kind.balancer)
			})
			all := addresses(12)
			for i := range all {
				all[i].Weight = float64(1 + i%3)
			}
			picker := set.Update(all)
			r := &http.Request{}
			n := 0
			request := func() {
				lease := picker.Pick(r).Acquire()
				if n++; n%50 == 0 {
					lease.Report(balance.Failure)
				}
				lease.Report(balance.Success)
				lease.Done()
			}
			if n := testing.AllocsPerRun(1000, request); n != 0 {
				t.Errorf("%s with %s: a request allocates %v times", kind.name, accrual.name, n)
			}
		}
	}
}
