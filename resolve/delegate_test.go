package resolve_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/internal/worlds"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/resolve/transform"
)

const delegatorDtab = `
	/beh => /#/error ;
	/bah/humbug => /$/inet/127.1/8080 ;
	/foo => /bah | /beh | /$/fail ;
	/foo => /bar ;
	/boo => /foo ;
	/meh => /heh ;
	/neg => ~ ;
	/no => ! ;
	/none => $ ;
	/two => 0.25*/#/n/ok & /x ;
	/loop => /loop ;
	/wait => /#/n/pending ;
`

// delegator has the scene of Linkerd's own tests.
func delegator(t testing.TB, transformers ...resolve.Transformer) (*resolve.DefaultInterpreter, *resolvetest.Namer) {
	var broken resolvetest.Namer
	broken.Fail("/", errors.New("error naming /#/error/humbug"))
	return scene(t, resolve.Config{
		Namers:       []resolve.Mount{{Prefix: resolve.MustPath("/#/error"), Namer: &broken}},
		Transformers: transformers,
	})
}

func TestDelegateJSON(t *testing.T) {
	localhost, err := transform.Localhost(resolve.MustPath("/%/io.l5d.localhost"))
	if err != nil {
		t.Fatal(err)
	}
	port := transform.Port(4141, resolve.MustPath("/%/io.l5d.port/4141"))
	for _, c := range []struct {
		vector, name, want string
		transformers       []resolve.Transformer
	}{
		{"130", "/meh", `{"type":"delegate","path":"/meh","delegate":{
			"type":"neg","path":"/heh","dentry":{"prefix":"/meh","dst":"/heh"}}}`, nil},
		{"130", "/neg", `{"type":"delegate","path":"/neg","delegate":{
			"type":"neg","path":"~","dentry":{"prefix":"/neg","dst":"~"}}}`, nil},
		{"131", "/boo/humbug", `{
			"type":"delegate","path":"/boo/humbug","delegate":{
				"type":"alt","path":"/foo/humbug","dentry":{"prefix":"/boo","dst":"/foo"},"alt":[
					{"type":"neg","path":"/bar/humbug","dentry":{"prefix":"/foo","dst":"/bar"}},
					{"type":"delegate","path":"/bah/humbug",
					"dentry":{"prefix":"/foo","dst":"/bah | /beh | /$/fail"},"delegate":{
						"type":"leaf","path":"/$/inet/127.1/8080","dentry":{"prefix":"/bah/humbug","dst":"/$/inet/127.1/8080"},
						"bound":{"addr":{"type":"bound","addrs":[{"ip":"127.0.0.1","port":8080,"meta":{}}],"meta":{}},
							"id":"/$/inet/127.1/8080","path":"/"}}},
					{"type":"delegate","path":"/beh/humbug",
					"dentry":{"prefix":"/foo","dst":"/bah | /beh | /$/fail"},"delegate":{
						"type":"exception","path":"/#/error/humbug","dentry":{"prefix":"/beh","dst":"/#/error"},
						"message":"error naming /#/error/humbug"}},
					{"type":"fail","path":"/$/fail/humbug","dentry":{"prefix":"/foo","dst":"/bah | /beh | /$/fail"}}]}}`, nil},
		{"", "/no", `{"type":"delegate","path":"/no","delegate":{"type":"fail","path":"!","dentry":{"prefix":"/no","dst":"!"}}}`, nil},
		{"", "/none", `{"type":"delegate","path":"/none","delegate":{"type":"empty","path":"/none","dentry":{"prefix":"/none","dst":"$"}}}`, nil},
		{"", "/absent", `{"type":"neg","path":"/absent"}`, nil},
		{"", "/loop", `{"type":"delegate","path":"/loop","delegate":{"type":"exception","path":"/loop",
			"dentry":{"prefix":"/loop","dst":"/loop"},"message":"Max recursion level: 100 reached in Namer lookup"}}`, nil},
		{"", "/two/r", `{"type":"union","path":"/two/r","union":[
			{"weight":0.25,"tree":{"type":"leaf","path":"/#/n/ok/r","dentry":{"prefix":"/two","dst":"0.25*/#/n/ok & /x"},
				"bound":{"addr":{"type":"bound","addrs":[{"ip":"127.0.0.1","port":80,"meta":{}}],"meta":{}},"id":"/#/n/ok","path":"/r"}}},
			{"weight":1.0,"tree":{"type":"neg","path":"/x/r","dentry":{"prefix":"/two","dst":"0.25*/#/n/ok & /x"}}}]}`, nil},
		{"", "/#/n/ok", `{"type":"transformation","path":"/#/n/ok","name":"SubnetLocalTransformer",
			"bound":{"addr":{"type":"bound","addrs":[{"ip":"127.0.0.1","port":80,"meta":{}}],"meta":{}},"id":"/#/n/ok","path":"/"},
			"tree":{"type":"transformation","path":"/%/io.l5d.localhost/#/n/ok","name":"PortTransformer",
			"bound":{"addr":{"type":"bound","addrs":[{"ip":"127.0.0.1","port":80,"meta":{}}],"meta":{}},"id":"/%/io.l5d.localhost/#/n/ok","path":"/"},
			"tree":{"type":"leaf","path":"/%/io.l5d.port/4141/%/io.l5d.localhost/#/n/ok",
			"bound":{"addr":{"type":"bound","addrs":[{"ip":"127.0.0.1","port":4141,"meta":{}}],"meta":{}},
			"id":"/%/io.l5d.port/4141/%/io.l5d.localhost/#/n/ok","path":"/"}}}}`, []resolve.Transformer{localhost, port}},
	} {
		t.Run(title(c.vector, c.name), func(t *testing.T) {
			in, _ := delegator(t, c.transformers...)
			d, err := in.Delegate(t.Context(), resolve.MustDtab(delegatorDtab), resolve.MustPath(c.name))
			if err != nil {
				t.Fatal(err)
			}
			got, err := d.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(indent(t, c.want), indent(t, string(got))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// indent keeps the order of keys, which is part of the form.
func indent(t *testing.T, s string) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(s), "", " "); err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return b.String()
}

func TestDelegateAddresses(t *testing.T) {
	for _, c := range []struct {
		what  string
		state resolve.State[resolve.Replicas]
		want  string
	}{
		{"neg", resolve.State[resolve.Replicas]{Status: resolve.OK, Value: resolve.Replicas{Neg: true}}, `{"type":"neg"}`},
		{"failed", resolve.State[resolve.Replicas]{Status: resolve.Failed, Err: worlds.ErrBroken}, `{"type":"failed","cause":"broken"}`},
		{"empty", resolve.State[resolve.Replicas]{Status: resolve.OK}, `{"type":"bound","addrs":[],"meta":{}}`},
		{"a status", resolve.State[resolve.Replicas]{Status: resolve.OK, Value: resolve.Replicas{Addresses: []resolve.Address{{Status: 401, Weight: 1}}}},
			`{"type":"bound","addrs":[],"meta":{}}`},
		{"weighted", resolve.State[resolve.Replicas]{Status: resolve.OK, Value: resolve.Replicas{Addresses: []resolve.Address{
			{Weight: 0.23, Authority: "acme.co", NodeName: "n1"}}}},
			`{"type":"bound","addrs":[{"ip":"invalid IP","port":0,"meta":{"authority":"acme.co","endpoint_addr_weight":0.23,"nodeName":"n1"}}],"meta":{}}`},
	} {
		t.Run(c.what, func(t *testing.T) {
			in, n := delegator(t)
			n.SetReplicas("/x", c.state)
			d, err := in.Delegate(t.Context(), nil, resolve.MustPath("/#/n/x"))
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.Marshal(d)
			if err != nil || !strings.Contains(string(got), c.want) {
				t.Errorf("%s, %v has no %s", got, err, c.want)
			}
		})
	}
}

func TestDelegateWaits(t *testing.T) {
	in, n := delegator(t)
	d := resolve.MustDtab(delegatorDtab)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got, err := in.Delegate(ctx, d, resolve.MustPath("/wait"))
	if !errors.Is(err, context.Canceled) || got == nil || !got.Delegate.Pending {
		t.Errorf("a stalled name is %+v, %v", got, err)
	}
	done := make(chan *resolve.Delegation)
	go func() {
		got, err := in.Delegate(t.Context(), d, resolve.MustPath("/wait"))
		if err != nil {
			t.Error(err)
		}
		done <- got
	}()
	n.SetReplicas("/pending", resolve.State[resolve.Replicas]{})
	n.Bind("/pending", "127.0.0.1:80")
	if got := <-done; got.Delegate.Bound == nil || len(got.Delegate.Bound.Addr.Sample().Value.Addresses) != 1 {
		t.Errorf("got %+v", got.Delegate)
	}
}

// changing is a transformer whose outcome changes.
type changing struct{ to *resolve.Var[boundTree] }

func (c changing) Transform(*resolve.Activity[boundTree]) *resolve.Activity[boundTree] {
	return c.to.Activity()
}

func TestDelegateWaitsForTransformers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := resolve.NewVar(resolve.State[boundTree]{})
		in, _ := scene(t, resolve.Config{Transformers: []resolve.Transformer{changing{to}}})
		done := make(chan *resolve.Delegation)
		go func() {
			got, err := in.Delegate(t.Context(), nil, resolve.MustPath("/#/n/ok"))
			if err != nil {
				t.Error(err)
			}
			done <- got
		}()
		synctest.Wait()
		to.Set(resolve.LeafOf(&resolve.Bound{ID: resolve.MustPath("/%/new"), Addr: resolve.Const(resolve.Replicas{})}))
		if got := worlds.ShowState((<-done).Result); got != "/%/new" {
			t.Errorf("it is bound to %s", got)
		}
	})
}

// recorded is how many steps an explanation has.
func recorded(d *resolve.Delegation) (n int) {
	for _, b := range d.Branches {
		n += recorded(b)
	}
	if d.Delegate != nil {
		n += recorded(d.Delegate)
	}
	return n + 1
}

func TestDelegateIsBounded(t *testing.T) {
	in, _ := delegator(t)
	for _, dtab := range []string{
		"/s=>/s/a & /s/b", "/s=>/s/a | /s/b", strings.Repeat("/=>/x & /y;", 1500), "/s=>~" + strings.Repeat("|~", 11_000),
		"/s=>~" + strings.Repeat("&~", 11_000),
	} {
		d, err := in.Delegate(t.Context(), resolve.MustDtab(dtab), resolve.MustPath("/s"))
		if err != nil {
			t.Fatal(err)
		}
		if !d.Truncated {
			t.Errorf("%.40s: it does not say that something is missing", dtab)
		}
		var b strings.Builder
		err = d.Text(&b)
		if lines := strings.Count(b.String(), "\n"); err != nil || lines > 41 || lines < 10 { // the beginning is shown
			t.Errorf("%.40s: %d lines, %v", dtab, lines, err)
		}
		if b.Len() > 100<<10 {
			t.Errorf("%.40s: the text has %d bytes", dtab, b.Len())
		}
		if n := recorded(d); n > 10_010 {
			t.Errorf("%.40s: %d steps are recorded", dtab, n)
		}
		if d.Size() > 50<<20 {
			continue // nobody should want that as JSON
		}
		if text, err := json.Marshal(d); err != nil || len(text) > 50<<20 {
			t.Errorf("%.40s: %d bytes, %v", dtab, len(text), err)
		}
	}
}
