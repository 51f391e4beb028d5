package resolvetest_test

import (
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
)

// fresh is a namer as one would write it first: a name that is set again is
// another replica set under the same ID. With frozen, its users never hear of
// the new one.
type fresh struct {
	frozen bool
	mu     sync.Mutex
	answer *resolve.Var[resolve.NameTree[resolve.Name]]
	first  *resolve.Activity[resolve.Replicas]
	web    resolvetest.Namer
}

func newFresh(frozen bool) *fresh {
	n := &fresh{frozen: frozen, answer: resolve.NewVar(resolve.State[resolve.NameTree[resolve.Name]]{Status: resolve.OK})}
	n.web.Bind("/web", "a:1")
	return n
}

func (n *fresh) Lookup(p resolve.Path) *resolve.Activity[resolve.NameTree[resolve.Name]] {
	if p.IsEmpty() || p.Label(0) != "new" {
		return n.web.Lookup(p)
	}
	return resolve.MapActivity(n.answer.Activity(), func(t resolve.NameTree[resolve.Name]) resolve.NameTree[resolve.Name] {
		return resolve.MapTree(t, func(x resolve.Name) resolve.Name {
			return resolve.Name{Bound: &resolve.Bound{ID: x.Bound.ID, Addr: x.Bound.Addr, Residual: p.Drop(1)}}
		})
	})
}

func (n *fresh) set(addr string) {
	var other resolvetest.Namer
	other.Bind("/new", addr)
	t := other.Lookup(resolve.MustPath("/new")).Sample().Value
	n.mu.Lock()
	if n.first == nil {
		n.first = t.Leaf.Bound.Addr
	}
	if n.frozen {
		t.Leaf.Bound.Addr = n.first
	}
	n.mu.Unlock()
	n.answer.Set(t)
}

func (n *fresh) subject() resolvetest.Subject {
	return resolvetest.Subject{
		Namer: n, Exists: resolve.MustPath("/web"), Missing: resolve.MustPath("/new"),
		Add:    func() { n.set("127.0.0.1:1") },
		Move:   func() { n.set("127.0.0.1:2") },
		Remove: func() { n.answer.Set(resolve.NameTree[resolve.Name]{}) },
	}
}

// A replica set may be made anew, also while the name exists.
func TestFreshSets(t *testing.T) {
	resolvetest.TestNamer(t, func(*testing.T) resolvetest.Subject { return newFresh(false).subject() })
}

var badSubjects = map[string]struct {
	subject func() resolvetest.Subject
	says    string
}{
	"it keeps its first addresses": {newFresh(true).subject, "who uses it still has the addresses"},
	"no namer":                     {func() resolvetest.Subject { return resolvetest.Subject{} }, "Namer is not set"},
	"no Remove":                    {without(func(s *resolvetest.Subject) { s.Remove = nil }), "of Add and Remove only one is set"},
	"no Add":                       {without(func(s *resolvetest.Subject) { s.Add = nil }), "of Add and Remove only one is set"},
	"neither, and Move":            {without(func(s *resolvetest.Subject) { s.Add, s.Remove = nil, nil }), "Move is set, and Add is not"},
	"no Missing":                   {without(func(s *resolvetest.Subject) { s.Missing = resolve.Path{} }), "Missing, the name that it makes, is not"},
}

func without(f func(*resolvetest.Subject)) func() resolvetest.Subject {
	return func() resolvetest.Subject {
		s := newFresh(false).subject()
		f(&s)
		return s
	}
}

const badSubject = "RESOLVETEST_BAD_SUBJECT"

// TestBadSubjects sees the conformance test fail, each time in a process of its
// own, and say why.
func TestBadSubjects(t *testing.T) {
	if bad, is := badSubjects[os.Getenv(badSubject)]; is {
		resolvetest.TestNamer(t, func(*testing.T) resolvetest.Subject { return bad.subject() })
		return
	}
	for name, bad := range badSubjects {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBadSubjects$/^(a_name_that_exists|the_addresses)")
			c.Env = append(os.Environ(), badSubject+"="+name)
			out, err := c.CombinedOutput()
			if err == nil || !strings.Contains(string(out), bad.says) || strings.Contains(string(out), "panic") {
				t.Errorf("%v, without %q:\n%s", err, bad.says, out)
			}
		})
	}
}
