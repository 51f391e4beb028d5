package trace

import "sync/atomic"

// A Switch turns the recording of spans on and off while a process runs, for all providers
// that have it; see ProviderConfig.Recording. The zero value is on. It is safe for
// concurrent use.
//
// While it is off a provider records nothing, whoever decided that a trace is to be
// recorded, and decides nothing: ids and the decisions of others are passed on as they came,
// and an undecided trace stays so. Spans that have begun are recorded to their end.
type Switch struct{ off atomic.Bool }

// Set turns it on or off.
func (s *Switch) Set(on bool) { s.off.Store(!on) }

// On reports whether spans are recorded. A nil Switch is on.
func (s *Switch) On() bool { return s == nil || !s.off.Load() }
