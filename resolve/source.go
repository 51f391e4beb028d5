package resolve

// SourceActivity is an activity that needs no goroutine. The first observer calls
// start when it arrives, and the last observer calls the function that start
// returned when it leaves; neither holds a lock then. In between start's side calls
// set as often as it likes, also before start returns and from any goroutine; what
// it sets after stop is ignored.
func SourceActivity[T any](start func(set func(State[T])) (stop func())) *Activity[T] {
	return newActivity(start)
}
