package resolvetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/meshhop/meshhop/resolve"
)

// Subject is a namer under test and what the test may expect of it.
type Subject struct {
	Namer resolve.Namer
	// Exists is a name that is bound to a replica set which is known soon, and
	// whose ID is the whole name.
	Exists resolve.Path
	// Becomes, for a namer that rewrites names, is what Exists becomes instead.
	Becomes resolve.Path
	// DropsRest, for such a namer, says that the rest of a name is dropped.
	DropsRest bool
	// Missing is a name that is Neg. Leave it empty for a namer that has a
	// replica set for every name.
	Missing resolve.Path
	// Add and Remove make Missing exist and go away again. Leave them nil for
	// a namer whose names do not change.
	Add, Remove func()
	// Move makes Missing exist with other addresses than after Add, whether it
	// exists or not. Leave it nil for a namer whose names have no addresses, or
	// always the same.
	Move func()
}

func (s Subject) rewrites() bool { return !s.Becomes.IsEmpty() }

// patience is how long an answer may take. It is not a promise about speed.
const patience = 10 * time.Second

// TestNamer checks that a namer keeps the rules of [resolve.Namer]. It calls
// start for each check.
func TestNamer(t *testing.T, start func(t *testing.T) Subject) {
	checks := []struct {
		name  string
		check func(*testing.T, Subject)
	}{
		{"a name that exists is bound", checkExists},
		{"the rest of a name is its residual", checkResidual},
		{"an ID leads back to its replica set", checkID},
		{"a missing name is Neg", checkMissing},
		{"changes are seen", checkChanges},
		{"the addresses of a name are followed", checkMoves},
		{"hostile names are answered", checkHostile},
		{"it can be observed, left and observed again", checkAgain},
		{"it can be used concurrently", checkConcurrent},
	}
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			s := start(t)
			if err := s.validate(); err != nil {
				t.Fatal(err)
			}
			c.check(t, s)
		})
	}
}

// validate refuses what the checks could not do with.
func (s Subject) validate() error {
	switch {
	case s.Namer == nil:
		return errors.New("resolvetest: Subject: Namer is not set")
	case (s.Add == nil) != (s.Remove == nil):
		return errors.New("resolvetest: Subject: of Add and Remove only one is set, and it takes both, or neither")
	case s.Add != nil && s.Missing.IsEmpty():
		return errors.New("resolvetest: Subject: Add is set, and Missing, the name that it makes, is not")
	case s.Move != nil && s.Add == nil:
		return errors.New("resolvetest: Subject: Move is set, and Add is not")
	}
	return nil
}

func checkExists(t *testing.T, s Subject) {
	if s.rewrites() {
		checkBecomes(t, s, s.Exists, s.Becomes)
		return
	}
	b := lookup(t, s.Namer, s.Exists)
	if b.ID != s.Exists || !b.Residual.IsEmpty() {
		t.Errorf("%s is bound to %s with residual %s", s.Exists, b.ID, b.Residual)
	}
	replicas(t, b)
}

func checkResidual(t *testing.T, s Subject) {
	rest := resolve.MustPath(`/some/\x2f\x00/rest`)
	if s.rewrites() {
		to := s.Becomes
		if !s.DropsRest {
			to = to.Append(rest)
		}
		checkBecomes(t, s, s.Exists.Append(rest), to)
		return
	}
	b := lookup(t, s.Namer, s.Exists.Append(rest))
	if b.ID != s.Exists || b.Residual != rest {
		t.Errorf("%s%s is bound to %s with residual %s", s.Exists, rest, b.ID, b.Residual)
	}
}

func checkBecomes(t *testing.T, s Subject, p, to resolve.Path) {
	t.Helper()
	if got := answer(t, s.Namer, p); got.Op != resolve.Leaf || got.Leaf.Bound != nil || got.Leaf.Path != to {
		t.Errorf("%s becomes %v %s, not %s", p, got.Op, got.Leaf.Path, to)
	}
}

func checkID(t *testing.T, s Subject) {
	if s.rewrites() {
		t.Skip("it has no replica sets")
	}
	first := lookup(t, s.Namer, s.Exists)
	again := lookup(t, s.Namer, first.ID)
	if again.ID != first.ID {
		t.Errorf("ID %s is bound to %s", first.ID, again.ID)
	}
	if a, b := replicas(t, first), replicas(t, again); a.Neg != b.Neg || !slices.Equal(a.Addresses, b.Addresses) {
		t.Errorf("the replica set %s is %v, and then %v", first.ID, a, b)
	}
}

func checkMissing(t *testing.T, s Subject) {
	if s.Missing.IsEmpty() {
		t.Skip("every name exists")
	}
	for _, p := range []resolve.Path{s.Missing, s.Missing.AppendLabel("rest")} {
		if got := answer(t, s.Namer, p); got.Op != resolve.Neg {
			t.Errorf("the missing name %s is %v", p, got.Op)
		}
	}
}

func checkChanges(t *testing.T, s Subject) {
	if s.Add == nil {
		t.Skip("names do not change")
	}
	ops := make(chan resolve.Op, 100)
	stop := s.Namer.Lookup(s.Missing).Observe(func(st resolve.State[tree]) {
		if st.Status == resolve.OK {
			ops <- st.Value.Op
		}
	})
	defer stop()
	await := func(want resolve.Op) {
		t.Helper()
		late := time.After(patience)
		for {
			select {
			case got := <-ops:
				if got == want {
					return
				}
			case <-late:
				t.Fatalf("%s did not become %v", s.Missing, want)
			}
		}
	}
	await(resolve.Neg)
	for range 3 {
		s.Add()
		await(resolve.Leaf)
		s.Remove()
		await(resolve.Neg)
	}
}

func checkHostile(t *testing.T, s Subject) {
	labels := []string{
		"..", ".", "\x00", "/", "a/../b", "\xff\xfe", "%2e%2e", "*", "-1", "~", "$",
		strings.Repeat("x", 300), strings.Repeat("y", 5000),
	}
	paths := []resolve.Path{{}}
	for _, l := range labels {
		p := resolve.Path{}.AppendLabel(l)
		paths = append(paths, p, p.AppendLabel("80"), p.Append(s.Exists), s.Missing.Append(p))
	}
	var deep resolve.Path
	for range 500 {
		deep = deep.AppendLabel("a")
	}
	for _, p := range append(paths, deep) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		if _, err := s.Namer.Lookup(p).Wait(ctx); ctx.Err() != nil {
			t.Errorf("no answer to the name %.100s: %v", p, err)
		}
		cancel()
	}
}

func checkAgain(t *testing.T, s Subject) {
	a := s.Namer.Lookup(s.Exists)
	for range 20 {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		if _, err := a.Wait(ctx); err != nil {
			t.Fatalf("look up %s: %v", s.Exists, err)
		}
		cancel()
	}
}

func checkConcurrent(t *testing.T, s Subject) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				got, err := s.Namer.Lookup(s.Exists).Wait(ctx)
				cancel()
				if err != nil || got.Op != resolve.Leaf {
					t.Errorf("look up %s: %v, %v", s.Exists, got.Op, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// answer waits for what the namer says of p.
func answer(t *testing.T, n resolve.Namer, p resolve.Path) tree {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	got, err := n.Lookup(p).Wait(ctx)
	if err != nil {
		t.Fatalf("look up %s: %v", p, err)
	}
	return got
}

// lookup waits until p is bound.
func lookup(t *testing.T, n resolve.Namer, p resolve.Path) *resolve.Bound {
	t.Helper()
	got := answer(t, n, p)
	if got.Op != resolve.Leaf || got.Leaf.Bound == nil {
		t.Fatalf("%s is %v, not a replica set", p, got.Op)
	}
	return got.Leaf.Bound
}

func replicas(t *testing.T, b *resolve.Bound) resolve.Replicas {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := b.Addr.Wait(ctx)
	if err != nil {
		t.Fatalf("replicas of %s: %v", b.ID, err)
	}
	return r
}
