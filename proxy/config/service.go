package config

import (
	"math"
	"time"

	"github.com/meshhop/meshhop/router"
)

// serviceKeys are the keys of a service block. Those that are absent are nil.
type serviceKeys struct {
	classifier   *classifierSection
	hold         holdKeys
	budget       *router.Budget
	backoff      *backoffSection
	maxRetries   *int
	replayKB     *int
	totalTimeout time.Duration // 0: absent
	stages       []stageSection
	hasStages    bool
}

// readService reads the keys of a service block, for a router of that protocol.
func readService(d *Decoder, kinds Kinds, protocol string) serviceKeys {
	s := serviceKeys{classifier: readClassifier(d, kinds, protocol)}
	if protocol == protocolH2 {
		s.hold = readHold(d)
	}
	s.totalTimeout = d.Duration("totalTimeoutMs", 0, time.Millisecond)
	s.stages, s.hasStages = readStages(d, kinds)
	retries, ok := d.Group("retries")
	if !ok {
		return s
	}
	s.budget = readBudget(retries, "budget")
	if b, ok := retries.Group("backoff"); ok {
		backoff := readBackoff(b, kinds)
		s.backoff = &backoff
	}
	s.maxRetries = readCount(retries, "maxRetries", math.MaxInt32)
	s.replayKB = readCount(retries, "replayBufferKB", maxKB)
	retries.Done()
	return s
}

// readCount reads a number that may be zero; nil means that it is absent.
func readCount(d *Decoder, key string, highest int) *int {
	if !d.Has(key) {
		return nil
	}
	return new(d.Int(key, 0, 0, highest))
}

// services makes the policies of a router's services.
func (b *builder) services(rules []rule[serviceKeys]) []setting[router.ServicePolicy] {
	var all []setting[router.ServicePolicy]
	for _, r := range rules {
		s := setting[router.ServicePolicy]{prefix: r.prefix}
		add := func(set func(*router.ServicePolicy)) { s.set = append(s.set, set) }
		if k := r.keys.classifier; k != nil {
			classifier := part(b, k.at, k.path, k.build)
			add(func(p *router.ServicePolicy) { p.Classifier = classifier })
		}
		if budget := r.keys.budget; budget != nil {
			add(func(p *router.ServicePolicy) { p.Budget = *budget })
		}
		if k := r.keys.backoff; k != nil {
			backoff := part(b, k.at, k.path, k.build)
			add(func(p *router.ServicePolicy) { p.Backoff = backoff })
		}
		if n := r.keys.maxRetries; n != nil {
			add(func(p *router.ServicePolicy) { p.MaxRetries = orNone(*n) })
		}
		if n := r.keys.replayKB; n != nil {
			add(func(p *router.ServicePolicy) { p.ReplayBytes = orNone(*n << 10) })
		}
		s.set = append(s.set, r.keys.hold.set...)
		if timeout := r.keys.totalTimeout; timeout > 0 {
			add(func(p *router.ServicePolicy) { p.TotalTimeout = timeout })
		}
		all = append(all, s)
	}
	return all
}

// orNone converts a bound of zero to a negative one, for fields in which zero means the
// default.
func orNone(n int) int {
	if n == 0 {
		return -1
	}
	return n
}
