package resolve

// Var is an activity that its owner sets. It needs no goroutine and runs whether it is
// observed or not.
type Var[T any] struct{ a *Activity[T] }

// NewVar makes a Var in the given state; the zero State is pending.
func NewVar[T any](initial State[T]) *Var[T] { return &Var[T]{stillActivity(initial)} }

// Set sets the value and returns when the observers have seen it, except those that
// are busy in another goroutine.
func (v *Var[T]) Set(value T) { v.SetState(okState(value)) }

// SetState is Set for any state.
func (v *Var[T]) SetState(s State[T]) { v.a.publish(s) }

// Activity is the side that is observed.
func (v *Var[T]) Activity() *Activity[T] { return v.a }
