package trace_test

import (
	"testing"

	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/internal/spantest"
)

var fuzzSeeds = []string{
	"AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAY=",
	"AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAZGOsNcn2QTrQ==",
	"vYKCjy8tCNLy/XgAXXVrDvL9eABddWsOAAAAAAAAAAA=",
	"7b", "rofl", "8000000000000000", "463ac35c9f6413ad48485a3953bb6124", "0.3", "1", "true", "-1",
	"463ac35c9f6413ad48485a3953bb6124-a2fb4a1d1a96d312-d-05e3ac9a4f6e3b90", "0",
	"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
	"congo=t61rcWkgMzE,rojo=00f067aa0ba902b7", "a=1\n\tb=2 ,", "a@b=1",
}

func fuzz(f *testing.F, p trace.Propagator) {
	for _, s := range fuzzSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) { spantest.Hostile(t, p, value) })
}

func FuzzL5d(f *testing.F)      { fuzz(f, trace.L5d()) }
func FuzzB3(f *testing.F)       { fuzz(f, trace.B3()) }
func FuzzB3Single(f *testing.F) { fuzz(f, trace.B3Single()) }
func FuzzW3C(f *testing.F)      { fuzz(f, trace.W3C()) }

func FuzzBridge(f *testing.F) {
	all := []trace.Propagator{trace.L5d(), trace.B3Single(), trace.B3(), trace.W3C()}
	fuzz(f, trace.Bridge(all, all))
}
