//go:build race

package proxy

// raced says that memory which was lent is never used again, so that the race detector finds
// whoever still has it.
const raced = true
