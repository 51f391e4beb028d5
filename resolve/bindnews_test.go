package resolve_test

import (
	"slices"
	"testing"
	"testing/synctest"

	"github.com/meshhop/meshhop/internal/worlds"
	"github.com/meshhop/meshhop/resolve"
)

// TestABindingTellsNews: a binding is published again when anything in its tree changes, be
// it a single leaf, and not when a change comes to the same.
func TestABindingTellsNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, n := scene(t, resolve.Config{})
		n.Bind("/a", "127.0.0.1:1")
		n.Bind("/b", "127.0.0.1:2")
		n.Bind("/c", "127.0.0.1:3")
		n.Set("/web", "/#/n/a & /#/n/b")
		var told []string
		defer in.Bind(nil, resolve.MustPath("/#/n/web")).Observe(func(s resolve.State[boundTree]) {
			told = append(told, worlds.ShowState(s))
		})()
		expect := func(about string, want ...string) {
			t.Helper()
			synctest.Wait()
			if !slices.Equal(told, want) {
				t.Errorf("%s: it told %q, want %q", about, told, want)
			}
			told = nil
		}
		synctest.Wait()
		told = nil
		n.Set("/web", "/#/n/a & /#/n/c")
		expect("another leaf", "/#/n/a & /#/n/c")
		n.Set("/web", "1 * /#/n/a & 1 * /#/n/c")
		expect("the same in other words")
		n.Set("/web", "2 * /#/n/a & 1 * /#/n/c")
		expect("another weight", "2*/#/n/a & /#/n/c")
		n.Set("/web", "2 * /#/n/a & 1 * /#/n/c/rest")
		expect("another residual", "2*/#/n/a & /#/n/c [/rest]")
		n.Set("/web", "/#/n/c")
		expect("another form", "/#/n/c")
	})
}
