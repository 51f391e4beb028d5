package config

import (
	"math"
	"time"

	"github.com/meshhop/meshhop/router"
)

// readBudget reads a budget of retries or requeues; nil means that there is none.
func readBudget(of *Decoder, key string) *router.Budget {
	d, ok := of.Group(key)
	if !ok {
		return nil
	}
	ttl := time.Duration(d.Int("ttlSecs", 10, 1, 60)) * time.Second
	perSecond := d.Int("minRetriesPerSec", 10, 0, math.MaxInt32)
	share := d.Float("percentCanRetry", 0.2, 0, 1000)
	d.Done()
	budget, err := router.NewBudget(ttl, perSecond, share)
	if err != nil {
		d.Errorf("", "%v", err)
	}
	return &budget
}
