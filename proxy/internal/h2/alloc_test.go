package h2_test

import (
	"net/http"
	"testing"

	"github.com/meshhop/meshhop/proxy/internal/h2"
)

// TestAllocations is the ceiling for a unary call and its response, those of the handler
// included: its header, two values in it, and the message.
func TestAllocations(t *testing.T) {
	if raced {
		t.Skip("pools lose what they have")
	}
	addr, _ := start(t, h2.Config{Handler: http.HandlerFunc(unary)})
	c := newCaller(t, addr)
	c.run(t, 100, 1)
	if got := testing.AllocsPerRun(500, func() { c.run(t, 1, 1) }); got > 8 {
		t.Errorf("%v allocations, want at most 8, of which 4 are the handler's", got)
	}
	addr, _ = start(t, h2.Config{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})})
	c = newCaller(t, addr)
	c.run(t, 100, 1)
	if got := testing.AllocsPerRun(500, func() { c.run(t, 1, 1) }); got > 4 {
		t.Errorf("%v allocations without those of a handler, want at most 4", got)
	}
}
