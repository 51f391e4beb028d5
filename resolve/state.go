package resolve

import "time"

// Status says what an [Activity] knows.
type Status uint8

// The statuses. Pending is the zero value.
const (
	Pending Status = iota // nothing known yet
	OK                    // Value holds
	Failed                // Err says why there is no value
)

// String gives "pending", "ok" or "failed".
func (s Status) String() string {
	switch s {
	case Pending:
		return "pending"
	case OK:
		return "ok"
	case Failed:
		return "failed"
	}
	return "status?"
}

// State is what an [Activity] is at one moment.
type State[T any] struct {
	Status Status
	Value  T // for OK
	// Err is why there is no value, for Failed. For Pending it may be the last
	// error so far.
	Err error
	// Since is when the activity took this state. Setting a state with a zero
	// Since means now.
	Since time.Time
}

// okState is the state of a known value.
func okState[T any](v T) State[T] { return State[T]{Status: OK, Value: v} }
