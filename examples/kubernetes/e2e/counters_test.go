package e2e

import (
	"maps"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

// counters are what a hop tells Prometheus, by the name of the family.
type counters map[string]*dto.MetricFamily

// counters reads the page of a hop.
func (c *caller) counters(hop pod) counters {
	c.t.Helper()
	var parser expfmt.TextParser
	families, err := parser.TextToMetricFamilies(strings.NewReader(c.answer("http://" + hop.ip + ":9990/admin/metrics/prometheus")))
	if err != nil {
		c.t.Fatal(err)
	}
	return families
}

// sum adds up the series of a family that have these labels: name, value, name,
// value. The value of the label client may be its last segment, which is what the
// Prometheus of linkerd-viz leaves of it.
func (c counters) sum(family string, labels ...string) (total int) {
	for _, one := range c[family].GetMetric() {
		has := map[string]string{}
		for _, label := range one.GetLabel() {
			value := label.GetValue()
			if label.GetName() == "client" {
				value = value[strings.LastIndexByte(value, '/')+1:]
			}
			has[label.GetName()] = value
		}
		fits := true
		for i := 0; i < len(labels); i += 2 {
			fits = fits && has[labels[i]] == labels[i+1]
		}
		if fits {
			total += int(one.GetCounter().GetValue() + one.GetUntyped().GetValue() + one.GetGauge().GetValue())
		}
	}
	return total
}

// requests are how many each hop has answered, by "NODE ROUTER".
func (c *caller) requests(hops []pod) map[string]int {
	c.t.Helper()
	all := map[string]int{}
	for _, hop := range hops {
		page := c.counters(hop)
		for _, router := range []string{"outgoing", "incoming"} {
			all[hop.node+" "+router] = page.sum("rt:server:requests", "rt", router)
		}
	}
	return all
}

// grow holds what counters grow by while f runs to what f returns; what it leaves
// out must not grow. A request is counted when its response is through, which may be
// after the client has read it.
func (c *caller) grow(read func() map[string]int, f func() (want map[string]int)) {
	c.t.Helper()
	before := read()
	want := f()
	var got map[string]int
	for range 50 {
		got = read()
		for counter, count := range before {
			if got[counter] -= count; got[counter] == 0 {
				delete(got, counter)
			}
		}
		if maps.Equal(got, want) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	c.t.Errorf("counters grew by %v, want %v", got, want)
}
