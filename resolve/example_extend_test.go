package resolve_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/meshhop/meshhop/resolve"
)

// table is a namer of a program's own: it knows where a name is in advance.
type table map[string]netip.AddrPort

func (t table) Lookup(p resolve.Path) *resolve.Activity[resolve.NameTree[resolve.Name]] {
	if p.IsEmpty() {
		return resolve.Const(resolve.NameTree[resolve.Name]{}) // Neg
	}
	addr, ok := t[p.Label(0)]
	if !ok {
		return resolve.Const(resolve.NameTree[resolve.Name]{})
	}
	return resolve.Const(resolve.LeafOf(resolve.Name{Bound: &resolve.Bound{
		ID:       p.Take(1),
		Addr:     resolve.Const(resolve.Replicas{Addresses: []resolve.Address{{AddrPort: addr, Weight: 1}}}),
		Residual: p.Drop(1),
	}}))
}

// Describe is what explanations say about an answer.
func (table) Describe(resolve.Path) string { return "from a table" }

// A namer says what names mean; resolvetest.TestNamer checks one.
func ExampleNamer() {
	in, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{
		Prefix: resolve.MustPath("/#/table"),
		Namer:  table{"web": netip.MustParseAddrPort("10.0.0.1:80")},
	}}})
	if err != nil {
		panic(err)
	}
	tree, err := in.Bind(resolve.MustDtab("/svc => /#/table"), resolve.MustPath("/svc/web")).Wait(context.Background())
	if err != nil {
		panic(err)
	}
	replicas, err := tree.Leaf.Addr.Wait(context.Background())
	fmt.Println(tree.Leaf.ID, replicas.Addresses, err)
	// Output: /#/table/web [10.0.0.1:80] <nil>
}

// first is a transformer of a program's own: it keeps the first address of each set.
type first struct{}

func (first) String() string { return "first" } // in explanations

func (first) Transform(t *resolve.Activity[resolve.NameTree[*resolve.Bound]]) *resolve.Activity[resolve.NameTree[*resolve.Bound]] {
	return resolve.MapActivity(t, func(t resolve.NameTree[*resolve.Bound]) resolve.NameTree[*resolve.Bound] {
		return resolve.MapTree(t, func(b *resolve.Bound) *resolve.Bound {
			addr := resolve.MapActivity(b.Addr, func(r resolve.Replicas) resolve.Replicas {
				r.Addresses = r.Addresses[:min(1, len(r.Addresses))]
				return r
			})
			return &resolve.Bound{ID: resolve.MustPath("/%/first").Append(b.ID), Addr: addr, Residual: b.Residual}
		})
	})
}

func ExampleTransformer() {
	in, err := resolve.New(resolve.Config{
		Namers:       []resolve.Mount{{Prefix: resolve.MustPath("/#/table"), Namer: table{"web": netip.MustParseAddrPort("10.0.0.1:80")}}},
		Transformers: []resolve.Transformer{first{}},
	})
	if err != nil {
		panic(err)
	}
	tree, err := in.Bind(nil, resolve.MustPath("/#/table/web")).Wait(context.Background())
	fmt.Println(tree.Leaf.ID, err)
	// Output: /%/first/#/table/web <nil>
}

// A request's own entries may be held to some replica sets.
func ExampleDefaultInterpreter_BindOverrides() {
	in, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{
		Prefix: resolve.MustPath("/#/table"),
		Namer:  table{"web": netip.MustParseAddrPort("10.0.0.1:80"), "secret": netip.MustParseAddrPort("10.0.0.2:80")},
	}}})
	if err != nil {
		panic(err)
	}
	own := resolve.Overrides{
		Dtab:   resolve.MustDtab("/svc/web => /#/table/secret"),
		Allows: func(id resolve.Path) bool { return id == resolve.MustPath("/#/table/web") },
	}
	now, err := in.BindOverrides(resolve.MustDtab("/svc => /#/table"), own, resolve.MustPath("/svc/web")).Wait(context.Background())
	if err != nil {
		panic(err)
	}
	fmt.Println(now.Tree.Leaf.ID)
	fmt.Println("without", now.LeftOut[0].Entry, "which leads to", now.LeftOut[0].ID)
	// Output:
	// /#/table/web
	// without /svc/web=>/#/table/secret which leads to /#/table/secret
}

// The steps of a look-up, for a program that shows them in its own way.
func ExampleDelegator() {
	var in resolve.Delegator
	in, err := resolve.New(resolve.Config{})
	if err != nil {
		panic(err)
	}
	d, err := in.Delegate(context.Background(), resolve.MustDtab("/svc => /host ; /host => ~"), resolve.MustPath("/svc/web"))
	if err != nil {
		panic(err)
	}
	for ; d != nil; d = d.Delegate {
		fmt.Println(d.Path, d.Op, d.Result.Value.Op)
	}
	// Output:
	// /svc/web Leaf Neg
	// /host/web Leaf Neg
	// /host/web Neg Neg
}

func ExampleMapTree() {
	blue, red := resolve.LeafOf("blue"), resolve.LeafOf("red")
	blue.Weight, red.Weight = 0.9, 0.1
	t := resolve.AltOf(resolve.UnionOf(blue, red), resolve.LeafOf("green"))
	fmt.Println(resolve.ShowTree(resolve.MapTree(t, func(name string) resolve.Path {
		return resolve.MustPath("/srv").AppendLabel(name)
	})))
	// Output: 0.9*/srv/blue & 0.1*/srv/red | /srv/green
}

func ExampleParsePrefix() {
	x, err := resolve.ParsePrefix("/http/1.1/*")
	fmt.Println(x.Matches(resolve.MustPath("/http/1.1/GET/web")), x.Matches(resolve.MustPath("/http/1.1")), err)
	// Output: true false <nil>
}

func ExampleMapActivity() {
	hosts := resolve.NewVar(resolve.State[string]{})
	shouted := resolve.MapActivity(hosts.Activity(), strings.ToUpper)
	stop := shouted.Observe(func(s resolve.State[string]) { fmt.Printf("%s %q\n", s.Status, s.Value) })
	hosts.Set("web")
	stop()
	// Output:
	// pending ""
	// ok "WEB"
}

// The activity that is followed depends on the value of another one.
func ExampleFlatMapActivity() {
	color := resolve.NewVar(resolve.State[string]{Status: resolve.OK, Value: "blue"})
	addresses := map[string]*resolve.Activity[string]{
		"blue": resolve.Const("10.0.0.1:80"),
		"red":  resolve.FailedActivity[string](errors.New("nobody is red")),
	}
	a := resolve.FlatMapActivity(color.Activity(), func(c string) *resolve.Activity[string] { return addresses[c] })
	stop := a.Observe(func(s resolve.State[string]) { fmt.Println(s.Status, s.Value, s.Err) })
	color.Set("red")
	stop()
	// Output:
	// ok 10.0.0.1:80 <nil>
	// failed  nobody is red
}

// A source without a goroutine: it is told of changes by somebody else.
func ExampleSourceActivity() {
	a := resolve.SourceActivity(func(set func(resolve.State[int])) (stop func()) {
		fmt.Println("subscribe")
		set(resolve.State[int]{Status: resolve.OK, Value: 42})
		return func() { fmt.Println("unsubscribe") }
	})
	v, err := a.Wait(context.Background())
	fmt.Println(v, err)
	// Output:
	// subscribe
	// unsubscribe
	// 42 <nil>
}
