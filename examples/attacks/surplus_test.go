package main

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestSurplus: for a short time each, the attacks of which not one may succeed.
func TestSurplus(t *testing.T) {
	s := newTestScene(t, config{window: 400 * time.Millisecond, rounds: 1, fronts: hop})
	modes := slices.DeleteFunc(surplusModes(), func(m surplusMode) bool { return !m.must })
	if len(modes) < 5 {
		t.Fatalf("%d modes", len(modes))
	}
	var out strings.Builder
	broken, err := surplus(t.Context(), s, modes, &out)
	t.Logf("\n%s", out.String())
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range broken {
		t.Error(text)
	}
}

// TestSurplusIsSeen: what the callers count as wrong. A proxy that passes
// everything on has every kind of it.
func TestSurplusIsSeen(t *testing.T) {
	for _, row := range []struct {
		status int
		body   string
		err    error
		want   tally
	}{
		{200, "/p-1", nil, tally{all: 1}},
		{200, "/p-2", nil, tally{all: 1, crossed: 1}},
		{200, "EEEEEEEE", nil, tally{all: 1, surplus: 1}},
		{502, "broken", nil, tally{all: 1, failed: 1}},
		{0, "", errTooLong, tally{all: 1, failed: 1}},
	} {
		var got tally
		if got.count("/p-1")(row.status, row.body, row.err); got != row.want {
			t.Errorf("%d %q %v: %+v, want %+v", row.status, row.body, row.err, got, row.want)
		}
	}
}

// TestSurplusJudged: what must hold.
func TestSurplusJudged(t *testing.T) {
	for _, row := range []struct {
		name  string
		must  bool
		seen  map[string]tally
		holds bool
	}{
		{"nothing wrong", true, map[string]tally{hop: {all: 100}}, true},
		{"one wrong", true, map[string]tally{hop: {all: 100, crossed: 1}}, false},
		{"nobody to compare with", false, map[string]tally{hop: {all: 100, failed: 50}, nginx: {all: 100}}, true},
		{"the others have none", false, map[string]tally{hop: {all: 100, surplus: 1}, nginx: {all: 100}, haproxy: {all: 100}}, false},
		{"like the better one", false, map[string]tally{hop: {all: 1000, surplus: 10}, nginx: {all: 1000, surplus: 10}, haproxy: {all: 1000, surplus: 50}}, true},
		{"like the worse one", false, map[string]tally{hop: {all: 1000, surplus: 50}, nginx: {all: 1000, surplus: 10}, haproxy: {all: 1000, surplus: 50}}, false},
		{"no answers", true, map[string]tally{hop: {}}, false},
		{"not asked for", true, map[string]tally{nginx: {all: 1, failed: 1}}, true},
	} {
		if why := (surplusMode{must: row.must}).judge(row.seen); (why == "") != row.holds {
			t.Errorf("%s: %q", row.name, why)
		}
	}
}

func TestUpper95(t *testing.T) {
	for _, row := range []struct {
		k, n int
		want float64
	}{
		{0, 0, 1}, {0, 100, 0.037}, {10, 100, 0.174}, {100, 100, 1}, {87, 62609, 0.0017},
	} {
		if got := upper95(row.k, row.n); math.Abs(got-row.want) > 0.001 {
			t.Errorf("%d of %d: at most %.4f, want %.4f", row.k, row.n, got, row.want)
		}
	}
}
