package config

import (
	"math"
	"time"

	"github.com/meshhop/meshhop/router/balance"
)

// balancerSection is a router's client.loadBalancer.
type balancerSection struct {
	path  string
	at    Position
	build Part[balance.Balancer]
}

// readBalancer reads a load balancer; nil means that there is none.
func readBalancer(of *Decoder, kinds Kinds) (section *balancerSection, probation bool) {
	d, ok := of.Group("loadBalancer")
	if !ok {
		return nil, false
	}
	probation = d.Bool("enableProbation", false)
	section = &balancerSection{path: d.Path(), at: d.Position()}
	section.build, _, _ = kindOf(d, balancers, kinds.Balancers)
	d.Done()
	return section, probation
}

// p2cBalancer is p2c.
func p2cBalancer(d *Decoder) (Part[balance.Balancer], error) {
	return Ready[balance.Balancer](balance.P2C{MaxEffort: maxEffort(d)}), nil
}

// ewmaBalancer is ewma.
func ewmaBalancer(d *Decoder) (Part[balance.Balancer], error) {
	config := balance.EWMAConfig{
		DecayTime: d.Duration("decayTimeMs", 10*time.Second, time.Millisecond),
		MaxEffort: maxEffort(d),
	}
	return func(BuildOptions) (balance.Balancer, error) { return balance.NewEWMA(config) }, nil
}

// apertureBalancer is aperture.
func apertureBalancer(d *Decoder) (Part[balance.Balancer], error) {
	const most = 1e9
	config := balance.ApertureConfig{
		SmoothWindow: d.Duration("smoothWindowMs", 5*time.Second, time.Millisecond),
		LowLoad:      d.Float("lowLoad", 0.5, 0, most),
		HighLoad:     d.Float("highLoad", 2, 0, most),
		MinAperture:  d.Int("minAperture", 1, 1, math.MaxInt32),
		MaxEffort:    maxEffort(d),
	}
	if config.LowLoad >= config.HighLoad {
		key := "highLoad"
		if !d.Has(key) {
			key = "lowLoad"
		}
		d.Errorf(key, "lowLoad %v must be below highLoad %v", config.LowLoad, config.HighLoad)
	}
	config.LowLoad = max(config.LowLoad, math.SmallestNonzeroFloat64) // zero would mean the default
	return func(BuildOptions) (balance.Balancer, error) { return balance.NewAperture(config) }, nil
}

// heapBalancer is heap.
func heapBalancer(*Decoder) (Part[balance.Balancer], error) {
	return Ready[balance.Balancer](balance.Heap{}), nil
}

// roundRobinBalancer is roundRobin.
func roundRobinBalancer(d *Decoder) (Part[balance.Balancer], error) {
	return Ready[balance.Balancer](balance.RoundRobin{MaxEffort: maxEffort(d)}), nil
}

// maxEffort reads the key that most balancers have. For them no effort is a negative
// number.
func maxEffort(d *Decoder) int { return orNone(d.Int("maxEffort", 5, 0, math.MaxInt32)) }
