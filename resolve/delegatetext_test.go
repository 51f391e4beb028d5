package resolve_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/internal/worlds"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/resolve/transform"
)

func TestDelegateText(t *testing.T) {
	in, _ := delegator(t)
	for _, c := range []struct {
		name string
		want []string
	}{
		{"/boo/humbug", []string{
			"/boo/humbug",
			"  /foo/humbug (/boo=>/foo): the first of",
			"    /bar/humbug (/foo=>/bar): no such name",
			"    /bah/humbug (/foo=>/bah | /beh | /$/fail)",
			"      /$/inet/127.1/8080 (/bah/humbug=>/$/inet/127.1/8080): /$/inet/127.1/8080 at 127.0.0.1:8080, as of AGE ago",
			"    /beh/humbug (/foo=>/bah | /beh | /$/fail)",
			"      /#/error/humbug (/beh=>/#/error): error naming /#/error/humbug, said /#/error AGE ago",
			"    /$/fail/humbug (/foo=>/bah | /beh | /$/fail): told to fail",
		}},
		{"/two", []string{
			"/two: all of",
			"  0.25 * /#/n/ok (/two=>0.25*/#/n/ok & /x): /#/n/ok at 127.0.0.1:80, as of AGE ago",
			"  1 * /x (/two=>0.25*/#/n/ok & /x): no such name",
		}},
		{"/#/n/missing", []string{"/#/n/missing: no such name, said /#/n AGE ago"}},
	} {
		d, err := in.Delegate(t.Context(), resolve.MustDtab(delegatorDtab), resolve.MustPath(c.name))
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := d.Text(&b); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
		for i, l := range lines {
			if before, ok := strings.CutSuffix(l, " ago"); ok {
				lines[i] = before[:strings.LastIndexByte(before, ' ')] + " AGE ago"
			}
		}
		if diff := cmp.Diff(c.want, lines); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// TestDelegateTextOfATransformer: why there was nothing for a transformer to change is told
// as tersely as the rest.
func TestDelegateTextOfATransformer(t *testing.T) {
	in, _ := delegator(t, transform.Const(resolve.MustPath("/#/n/ok"), resolve.MustPath("/%/const")))
	d, err := in.Delegate(t.Context(), resolve.MustDtab("/x=>~ | $"), resolve.MustPath("/x"))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := d.Text(&b); err != nil {
		t.Fatal(err)
	}
	got, _, _ := strings.Cut(b.String(), ", as of")
	want := "/x: no replicas; then ConstTransformer\n" +
		"  /x: the first of\n" +
		"    /x (/x=>~ | $): no such name\n" +
		"    /x (/x=>~ | $): exists and is empty\n" +
		"  /%/const/#/n/ok: /%/const/#/n/ok at 127.0.0.1:80"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// An explanation tells how long the bindings in use have had their answers.
func TestDelegateAges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n resolvetest.Namer
		c := &counting{Namer: &n, now: make(map[string]int)}
		in, err := resolve.New(resolve.Config{
			Namers: []resolve.Mount{{
				Prefix: resolve.MustPath("/#/n"), Namer: c,
				Transformers: []resolve.Transformer{transform.Port(1, resolve.MustPath("/%/port"))},
			}},
			Transformers: []resolve.Transformer{transform.Port(2, resolve.MustPath("/%/again"))},
		})
		if err != nil {
			t.Fatal(err)
		}
		n.Bind("/a", "10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80", "10.0.0.4:80", "10.0.0.5:80", "10.0.0.6:80", "10.0.0.7:80")
		n.SetReplicas("/neg", resolve.State[resolve.Replicas]{Status: resolve.OK, Value: resolve.Replicas{Neg: true}})
		n.SetReplicas("/broken", resolve.State[resolve.Replicas]{Status: resolve.Failed, Err: worlds.ErrBroken})
		n.SetReplicas("/slow", resolve.State[resolve.Replicas]{})
		n.Set("/nobody", "$")
		n.Stall("/stalled")
		d := resolve.MustDtab("/s=>/#/n/a & /#/n/neg & /#/n/broken & /#/n/slow & /#/n/nobody & /#/n/stalled & /#/n/no & !")
		a := in.Bind(d, resolve.MustPath("/s"))
		stop := a.Observe(func(resolve.State[boundTree]) {})
		time.Sleep(90 * time.Second)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		got, err := in.Delegate(ctx, d, resolve.MustPath("/s"))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		c.mu.Lock()
		if c.now["/a"] != 1 {
			t.Errorf("/a is observed %d times", c.now["/a"])
		}
		c.mu.Unlock()
		var b strings.Builder
		if err := got.Text(&b); err != nil {
			t.Fatal(err)
		}
		want := `/s: all of
  1 * /#/n/a (RULE): /%/port/#/n/a at 10.0.0.1:1, 10.0.0.2:1, 10.0.0.3:1, 10.0.0.4:1, 10.0.0.5:1, and 2 more, as of 1m31s ago; then PortTransformer
    /%/again/%/port/#/n/a (RULE): /%/again/%/port/#/n/a at 10.0.0.1:2, 10.0.0.2:2, 10.0.0.3:2, 10.0.0.4:2, 10.0.0.5:2, and 2 more, as of 1m31s ago
  1 * /#/n/neg (RULE): /%/port/#/n/neg has no such addresses, as of 1m31s ago; then PortTransformer
    /%/again/%/port/#/n/neg (RULE): /%/again/%/port/#/n/neg has no such addresses, as of 1m31s ago
  1 * /#/n/broken (RULE): /%/port/#/n/broken failed: broken, as of 1m31s ago; then PortTransformer
    /%/again/%/port/#/n/broken (RULE): /%/again/%/port/#/n/broken failed: broken, as of 1m31s ago
  1 * /#/n/slow (RULE): /%/port/#/n/slow has not answered yet; then PortTransformer
    /%/again/%/port/#/n/slow (RULE): /%/again/%/port/#/n/slow has not answered yet
  1 * /#/n/nobody (RULE): exists and is empty, said /#/n 1m31s ago
  1 * /#/n/stalled (RULE): no answer yet, asked /#/n 1m31s ago; passed over after 1s
  1 * /#/n/no (RULE): no such name, said /#/n 1m31s ago
  1 * /s (RULE): told to fail
`
		if diff := cmp.Diff(want, strings.ReplaceAll(b.String(), d.String(), "RULE")); diff != "" {
			t.Error(diff)
		}
		stop()
		synctest.Wait()
		if len(c.now) != 0 {
			t.Errorf("still observed: %v", c.now)
		}
	})
}

// An answer is as old as what the namer said, however late its transformers were.
func TestDelegateAgeOfATransformedAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n, late resolvetest.Namer
		n.Bind("/a", "10.0.0.1:80")
		late.Stall("/set")
		in, err := resolve.New(resolve.Config{Namers: []resolve.Mount{
			{Prefix: resolve.MustPath("/#/n"), Namer: &n, Transformers: []resolve.Transformer{
				transform.Const(resolve.MustPath("/#/late/set"), resolve.MustPath("/%/const"))}},
			{Prefix: resolve.MustPath("/#/late"), Namer: &late},
		}})
		if err != nil {
			t.Fatal(err)
		}
		name := resolve.MustPath("/#/n/a")
		defer in.Bind(nil, name).Observe(func(resolve.State[boundTree]) {})()
		time.Sleep(time.Minute)
		late.Bind("/set", "10.0.0.2:80")
		time.Sleep(time.Minute)
		d, err := in.Delegate(t.Context(), nil, name)
		if err != nil || d.Bound == nil || time.Since(d.Answered) != 2*time.Minute {
			t.Errorf("%+v, %v; it is %s old", d, err, time.Since(d.Answered))
		}
	})
}
