package fs_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/cputime"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/fs"
)

// The time from the write of a file until its observer has the new address,
// of which 10 ms are waiting for the writer to be done.
func BenchmarkChange(b *testing.B) {
	d := newDir(b, fs.Config{})
	for i := range 100 {
		d.write(fmt.Sprintf("other%d", i), "127.1 80")
		look(b, d, fmt.Sprintf("/other%d", i)).await(fmt.Sprintf("/other%d /", i), "127.0.0.1:80*1")
	}
	d.write("web", "127.1 1")
	v := look(b, d, "/web")
	for i := 0; b.Loop(); i++ {
		port := 1 + i%60000
		d.write("web", fmt.Sprintf("127.1 %d", port))
		v.await("/web /", fmt.Sprintf("127.0.0.1:%d*1", port))
	}
}

// What a change a second costs where 1,000 names depend on one file, which is
// written, and comes and goes: the time of all cores that one change takes
// until every binding has it.
func BenchmarkBusyNamer(b *testing.B) {
	const names = 1000
	d := newDir(b, fs.Config{})
	d.write("other", "127.1 1")
	d.write("busy", "127.1 1")
	in, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/fs"), Namer: d}}})
	if err != nil {
		b.Fatal(err)
	}
	dtab := resolve.MustDtab("/svc => /#/fs/other; /svc => /#/fs/busy")
	seen := make(chan string, 2*names)
	for i := range names {
		last := ""
		a := in.Bind(dtab, resolve.MustPath(fmt.Sprintf("/svc/name%d", i)))
		b.Cleanup(a.Observe(func(s resolve.State[resolve.NameTree[*resolve.Bound]]) {
			if s.Status == resolve.OK && s.Value.Leaf.ID.String() != last {
				last = s.Value.Leaf.ID.String()
				seen <- last
			}
		}))
	}
	await := func(id string) {
		for range names {
			if got := <-seen; got != id {
				b.Fatalf("a name is bound to %s, want %s", got, id)
			}
		}
	}
	await("/#/fs/busy")
	before, changes := cputime.Used(), 0
	for b.Loop() {
		d.remove("busy")
		await("/#/fs/other")
		d.write("busy", "127.1 1")
		await("/#/fs/busy")
		changes += 2
	}
	perChange := (cputime.Used() - before) / time.Duration(changes)
	b.ReportMetric(float64(perChange.Microseconds()), "cpu-us/change")
	b.ReportMetric(100*perChange.Seconds(), "%core@1change/s")
}
