package resolvetest_test

import (
	"context"
	"errors"
	"testing"

	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	resolvetest.TestNamer(t, func(t *testing.T) resolvetest.Subject {
		var n resolvetest.Namer
		n.Bind("/web/v1", "a:1", "b:1", "127.0.0.1:2")
		return resolvetest.Subject{
			Namer:   &n,
			Exists:  resolve.MustPath("/web/v1"),
			Missing: resolve.MustPath("/web/v2"),
			Add:     func() { n.Bind("/web/v2", "a:1") },
			Remove:  func() { n.Remove("/web/v2") },
			Move:    func() { n.Bind("/web/v2", "b:1") },
		}
	})
}

func TestAnswers(t *testing.T) {
	var n resolvetest.Namer
	name := resolve.MustPath("/a/b")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	broken := errors.New("broken")
	a := n.Lookup(name)
	defer a.Observe(func(resolve.State[resolve.NameTree[resolve.Name]]) {})()
	if got, err := a.Wait(ctx); got.Op != resolve.Neg || err != nil {
		t.Errorf("at first: %v, %v", got, err)
	}
	n.Fail("/a", broken)
	if _, err := a.Wait(ctx); err != broken {
		t.Errorf("failed: %v", err)
	}
	n.Stall("/a")
	if _, err := a.Wait(ctx); err != context.Canceled {
		t.Errorf("stalled: %v", err)
	}
	n.Set("/a", "/x | ~")
	if got, err := a.Wait(ctx); err != nil || got.Sub[0].Leaf.Path.String() != "/x/b" {
		t.Errorf("set: %v, %v", got, err)
	}
	for what, f := range map[string]func(){
		"path": func() { n.Bind("a") }, "tree": func() { n.Set("/a", "a") }, "address": func() { n.Bind("/a", "b") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a bad %s was taken", what)
				}
			}()
			f()
		}()
	}
}
