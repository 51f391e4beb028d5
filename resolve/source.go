package resolve

// SourceActivity is an activity that needs no goroutine of its own. The first observer
// calls start, and the last one to stop calls the stop that start returned, both
// without a lock. In between the source calls set as often as it likes, even before
// start returns and from any goroutine; what it sets after stop is ignored.
func SourceActivity[T any](start func(set func(State[T])) (stop func())) *Activity[T] {
	return newActivity(start)
}
