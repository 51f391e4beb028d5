package balance

import (
	"fmt"
	"reflect"
	"time"
)

// What the parts call themselves, for pages that show how endpoints are picked: the kind
// of a Linkerd configuration, and its settings.

func (w weighted) String() string {
	if s, ok := w.inner.(fmt.Stringer); ok {
		return s.String()
	}
	return reflect.Indirect(reflect.ValueOf(w.inner)).Type().Name()
}

func (b *ewma) String() string { return fmt.Sprintf("ewma, decays in %v", b.decay) }

func (a aperture) String() string {
	return fmt.Sprintf("aperture, load %v to %v, at least %d", a.config.LowLoad, a.config.HighLoad, a.config.MinAperture)
}

func (a consecutiveFailures) String() string {
	return fmt.Sprintf("io.l5d.consecutiveFailures, %d", int64(a))
}

func (a successRateAccrual) String() string {
	return fmt.Sprintf("io.l5d.successRate, %v of %d requests", a.successRate, a.requests)
}

func (a windowedAccrual) String() string {
	return fmt.Sprintf("io.l5d.successRateWindowed, %v within %v", a.successRate, a.window)
}

func (noAccrual) String() string { return "none" }

func (c constantBackoff) String() string { return fmt.Sprintf("constant, %v", time.Duration(c)) }

func (d decorrelated) String() string { return fmt.Sprintf("jittered, %v to %v", d.lowest, d.highest) }

func (e equalBackoff) String() string { return fmt.Sprintf("doubling, %v to %v", e.lowest, e.highest) }
