package resolve_test

import (
	"fmt"
	"testing"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
)

func BenchmarkSample(b *testing.B) {
	a := resolve.Const(resolve.Replicas{})
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if a.Sample().Status != resolve.OK {
				b.Error("not known")
			}
		}
	})
}

func BenchmarkLookup(b *testing.B) {
	p := resolve.MustPath("/svc/hello")
	for _, c := range []struct{ name, dtab string }{
		{"match", "/srv=>/#/io.l5d.fs;/host=>/srv;/svc=>/host;/host/world=>/srv/world-v1"},
		{"wildcard", "/svc/*=>/$/inet/127.1/9990"},
		{"miss", "/srv=>/#/io.l5d.fs;/host=>/srv;/host/world=>/srv/world-v1"},
	} {
		b.Run(c.name, func(b *testing.B) {
			d := resolve.MustDtab(c.dtab)
			b.ReportAllocs()
			for b.Loop() {
				d.Lookup(p)
			}
		})
	}
}

func BenchmarkParseDtab(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := resolve.ParseDtab("/srv=>/#/io.l5d.fs;/host=>/srv;/svc=>/host;/host/world=>/srv/world-v1"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBind(b *testing.B) {
	in, n := scene(b, resolve.Config{})
	n.Bind("/hello", "127.0.0.1:80")
	d := resolve.MustDtab("/srv=>/#/n;/host=>/srv;/svc=>/host")
	p := resolve.MustPath("/svc/hello")
	b.ReportAllocs()
	for b.Loop() {
		in.Bind(d, p).Observe(func(resolve.State[boundTree]) {})()
	}
}

// One change of a name on which 1,000 bindings depend, and what part of a core
// one such change a second takes.
func BenchmarkChange(b *testing.B) {
	var n resolvetest.Namer
	in, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/n"), Namer: &n}}})
	if err != nil {
		b.Fatal(err)
	}
	d := resolve.MustDtab("/srv=>/#/n/busy | /#/n/other;/host=>/srv;/svc=>/host")
	n.Bind("/other", "127.0.0.1:80")
	for i := range 1000 {
		p := resolve.MustPath(fmt.Sprintf("/svc/s%d", i))
		defer in.Bind(d, p).Observe(func(resolve.State[boundTree]) {})()
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%2 == 0 {
			n.Bind("/busy", "127.0.0.1:80")
		} else {
			n.Remove("/busy")
		}
	}
	b.ReportMetric(100*b.Elapsed().Seconds()/float64(b.N), "%core@1change/s")
}
