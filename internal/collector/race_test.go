//go:build race

package collector_test

// raced says that the race detector is on, under which everything takes long.
const raced = true
