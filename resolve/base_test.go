package resolve_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/internal/worlds"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
)

func okDtab(text string) resolve.State[resolve.Dtab] {
	return resolve.State[resolve.Dtab]{Status: resolve.OK, Value: resolve.MustDtab(text)}
}

func TestTheBaseDtabMayChange(t *testing.T) {
	base := resolve.NewVar(resolve.State[resolve.Dtab]{})
	in, n := scene(t, resolve.Config{Base: base.Activity()})
	var got []string
	see := func(s resolve.State[boundTree]) { got = append(got, worlds.ShowState(s)) }
	stop := in.Bind(resolve.MustDtab("/here=>/#/n/ok"), resolve.MustPath("/s")).Observe(see)
	defer stop()
	base.SetState(okDtab("/s=>/#/n/foo"))
	base.SetState(okDtab("/s=>/#/n/foo;/x=>/y")) // the same for this name
	base.SetState(okDtab("/s=>/here"))
	base.SetState(okDtab("/s=>/here;/here=>/#/n/bar")) // what is given wins
	base.SetState(resolve.State[resolve.Dtab]{Status: resolve.Failed, Err: errors.New("broken")})
	n.Bind("/ok", "127.0.0.1:81") // nothing to do with it
	base.SetState(okDtab(""))
	base.SetState(okDtab("/s=>/#/n/bar"))
	want := []string{"pending", "/#/n/foo", "/#/n/ok", "failed: broken", "~", "/#/n/bar"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// While the base dtab is broken a binding keeps what it knows of namers, and
// is what it was as soon as the base is mended.
func TestABrokenBaseCostsNoAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n resolvetest.Namer
		n.Bind("/a")
		c := &counting{Namer: &n, now: make(map[string]int)}
		base := resolve.NewVar(okDtab("/s=>/#/n/a"))
		in, err := resolve.New(resolve.Config{Base: base.Activity(), Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/n"), Namer: c}}})
		if err != nil {
			t.Fatal(err)
		}
		a := in.Bind(nil, resolve.MustPath("/s"))
		var got []string
		stop := a.Observe(func(s resolve.State[boundTree]) {
			if s.Status != resolve.Pending {
				got = append(got, worlds.ShowState(s))
			}
		})
		synctest.Wait()
		base.SetState(resolve.State[resolve.Dtab]{Status: resolve.Failed, Err: errors.New("broken")})
		synctest.Wait()
		if c.now["/a"] != 1 {
			t.Error("the namer is not asked any more")
		}
		base.SetState(okDtab("/s=>/#/n/a"))
		synctest.Wait()
		stop()
		synctest.Wait()
		if len(c.now) != 0 {
			t.Errorf("after the end the namer is asked for %v", c.now)
		}
		if diff := cmp.Diff([]string{"/#/n/a", "failed: broken", "/#/n/a"}, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestDelegateGoesByTheBaseDtab(t *testing.T) {
	base := resolve.NewVar(okDtab("/s=>/t;/t=>/#/n/ok"))
	in, _ := scene(t, resolve.Config{Base: base.Activity()})
	ops := func(ctx context.Context) (all []resolve.Op, last *resolve.Delegation, err error) {
		d, err := in.Delegate(ctx, resolve.MustDtab("/x=>/s"), resolve.MustPath("/x"))
		for ; d != nil; d = d.Delegate {
			all, last = append(all, d.Op), d
		}
		return all, last, err
	}
	got, last, err := ops(t.Context())
	if diff := cmp.Diff([]resolve.Op{resolve.Leaf, resolve.Leaf, resolve.Leaf, resolve.Leaf}, got); diff != "" || err != nil {
		t.Errorf("%v, %s", err, diff)
	}
	if last.Bound == nil || last.Dentry == nil || last.Dentry.String() != "/t=>/#/n/ok" {
		t.Errorf("the leaf is due to %v", last.Dentry)
	}

	base.SetState(resolve.State[resolve.Dtab]{Status: resolve.Failed, Err: worlds.ErrBroken})
	got, last, err = ops(t.Context())
	if len(got) != 1 || last.Err == nil || !errors.Is(last.Err, worlds.ErrBroken) || err != nil {
		t.Errorf("with a broken base it is %v, %v", got, err)
	}

	synctest.Test(t, func(t *testing.T) {
		base := resolve.NewVar(resolve.State[resolve.Dtab]{})
		in, _ := scene(t, resolve.Config{Base: base.Activity()})
		time.AfterFunc(time.Second, func() { base.SetState(okDtab("/s=>/#/n/ok")) })
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if d, err := in.Delegate(ctx, nil, resolve.MustPath("/s")); err != nil || d.Pending || d.Delegate == nil {
			t.Errorf("of a base that comes later it is %+v, %v", d, err)
		}
	})

	base.SetState(resolve.State[resolve.Dtab]{})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		got, last, err = ops(ctx)
		if len(got) != 1 || !last.Pending || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with a pending base it is %v, %v", got, err)
		}
	})
}
