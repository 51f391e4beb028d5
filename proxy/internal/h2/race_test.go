//go:build race

package h2_test

// raced says that the race detector is on, under which a sync.Pool loses some of
// what it is given, on purpose.
const raced = true
