package resolve

// SourceActivity is an activity that needs no goroutine: start is called by
// who comes first to observe it, with no lock held, and what start returns by
// who is the last to leave. In between it calls set as often as it likes, also
// before start returns and from any goroutine; what it sets after that is
// ignored.
func SourceActivity[T any](start func(set func(State[T])) (stop func())) *Activity[T] {
	return newActivity(start)
}
