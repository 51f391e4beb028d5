package resolve_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
)

func ExampleNew() {
	var names resolvetest.Namer
	names.Bind("/hello", "10.0.0.1:7777")
	in, err := resolve.New(resolve.Config{
		Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/test"), Namer: &names}},
	})
	if err != nil {
		panic(err)
	}
	base := resolve.MustDtab("/srv => /#/test ; /svc => /srv")
	tree, err := in.Bind(base, resolve.MustPath("/svc/hello/world")).Wait(context.Background())
	if err != nil {
		panic(err)
	}
	fmt.Println(tree.Leaf.ID, tree.Leaf.Residual)
	// Output: /#/test/hello /world
}

func ExampleDefaultInterpreter_Delegate() {
	in, err := resolve.New(resolve.Config{})
	if err != nil {
		panic(err)
	}
	d, err := in.Delegate(context.Background(), resolve.MustDtab("/svc=>/host;/svc=>/canary"), resolve.MustPath("/svc/web"))
	if err != nil {
		panic(err)
	}
	if err := d.Text(os.Stdout); err != nil {
		panic(err)
	}
	// Output:
	// /svc/web: the first of
	//   /canary/web (/svc=>/canary): no such name
	//   /host/web (/svc=>/host): no such name
}

func ExampleNewPath() {
	p, err := resolve.NewPath("svc", "[::1]")
	fmt.Println(p, p.Label(1), err)
	// Output: /svc/\x5b\x3a\x3a\x31\x5d [::1] <nil>
}

func ExampleParsePath() {
	_, err := resolve.ParsePath("/foo^bar")
	fmt.Println(err)
	// Output: end of input expected but '^' found at '/foo[^]bar'
}

func ExampleParseTree() {
	t, err := resolve.ParseTree("/blue | 0.10 * /red & 0.90 * /green")
	fmt.Println(resolve.ShowTree(t), err)
	// Output: /blue | 0.1*/red & 0.9*/green <nil>
}

func ExampleParseDtab() {
	d, err := resolve.ParseDtab("/svc => /host ; # the default\n /host/world => /srv/world-v1")
	fmt.Println(d, err)
	fmt.Println(resolve.ShowTree(d.Lookup(resolve.MustPath("/svc/world"))))
	// Output:
	// /svc=>/host;/host/world=>/srv/world-v1 <nil>
	// /host/world
}

func ExampleNewVar() {
	v := resolve.NewVar(resolve.State[string]{})
	stop := v.Activity().Observe(func(s resolve.State[string]) { fmt.Printf("%s %q\n", s.Status, s.Value) })
	v.Set("here")
	v.SetState(resolve.State[string]{Status: resolve.Failed, Err: errors.New("gone")})
	stop()
	// Output:
	// pending ""
	// ok "here"
	// failed ""
}

func ExampleNewActivity() {
	a := resolve.NewActivity(func(ctx context.Context, set func(resolve.State[int])) {
		set(resolve.State[int]{Status: resolve.OK, Value: 42})
		<-ctx.Done() // until nobody observes it any more
	})
	v, err := a.Wait(context.Background())
	fmt.Println(v, err)
	// Output: 42 <nil>
}
