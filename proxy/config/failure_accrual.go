package config

import (
	"math"
	"time"

	"github.com/meshhop/meshhop/router/balance"
)

// accrualSection is a router's client.failureAccrual.
type accrualSection struct {
	path    string
	at      Position
	build   Part[balance.Accrual]
	backoff backoffSection
}

// readAccrual reads a failure accrual; nil means that there is none.
func readAccrual(of *Decoder, kinds Kinds) *accrualSection {
	d, ok := of.Group("failureAccrual")
	if !ok {
		return nil
	}
	section := &accrualSection{path: d.Path(), at: d.Position(), backoff: backoffSection{build: func(BuildOptions) (balance.Backoff, error) {
		return balance.NewEqualBackoff(5*time.Second, 300*time.Second)
	}}}
	if b, ok := d.Group("backoff"); ok {
		section.backoff = readBackoff(b, kinds)
	}
	section.build, _, _ = kindOf(d, accruals, kinds.FailureAccruals)
	d.Done()
	return section
}

// consecutiveFailuresAccrual is io.l5d.consecutiveFailures.
func consecutiveFailuresAccrual(d *Decoder) (Part[balance.Accrual], error) {
	d.Need("failures")
	failures := d.Int("failures", 1, 1, math.MaxInt32)
	return func(BuildOptions) (balance.Accrual, error) { return balance.NewConsecutiveFailures(failures) }, nil
}

// successRateAccrual is io.l5d.successRate.
func successRateAccrual(d *Decoder) (Part[balance.Accrual], error) {
	d.Need("successRate")
	d.Need("requests")
	rate := d.Float("successRate", 0, 0, 1)
	requests := d.Int("requests", 1, 1, math.MaxInt32)
	return func(BuildOptions) (balance.Accrual, error) { return balance.NewSuccessRate(rate, requests) }, nil
}

// successRateWindowedAccrual is io.l5d.successRateWindowed.
func successRateWindowedAccrual(d *Decoder) (Part[balance.Accrual], error) {
	d.Need("successRate")
	d.Need("window")
	rate := d.Float("successRate", 0, 0, 1)
	window := d.Duration("window", time.Second, time.Second)
	return func(BuildOptions) (balance.Accrual, error) { return balance.NewWindowedSuccessRate(rate, window) }, nil
}

// noAccrual is none.
func noAccrual(*Decoder) (Part[balance.Accrual], error) { return Ready(balance.NoAccrual()), nil }
