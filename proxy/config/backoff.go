package config

import (
	"math"
	"time"

	"github.com/meshhop/meshhop/router/balance"
)

// backoffSection is a block backoff: a series of waits.
type backoffSection struct {
	path  string
	at    Position
	build Part[balance.Backoff]
}

// readBackoff reads a block backoff.
func readBackoff(d *Decoder, kinds Kinds) backoffSection {
	section := backoffSection{path: d.Path(), at: d.Position()}
	section.build, _, _ = kindOf(d, backoffs, kinds.Backoffs)
	d.Done()
	return section
}

// constantBackoff is constant.
func constantBackoff(d *Decoder) (Part[balance.Backoff], error) {
	wait := time.Duration(d.Int("ms", 0, 0, math.MaxInt32)) * time.Millisecond
	return Ready(balance.ConstantBackoff(wait)), nil
}

// jitteredBackoff is jittered.
func jitteredBackoff(d *Decoder) (Part[balance.Backoff], error) {
	least, most := d.Need("minMs"), d.Need("maxMs")
	lowest := d.Duration("minMs", time.Millisecond, time.Millisecond)
	highest := d.Duration("maxMs", math.MaxInt32*time.Millisecond, time.Millisecond)
	if least && most && lowest > highest {
		d.Errorf("maxMs", "is below minMs, which is %d", lowest.Milliseconds())
	}
	return func(BuildOptions) (balance.Backoff, error) { return balance.NewDecorrelatedBackoff(lowest, highest) }, nil
}
