package inet_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/internal/logtest"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/inet"
)

func addrOf(n *inet.Namer, name string) *resolve.Activity[resolve.Replicas] {
	return n.Lookup(resolve.MustPath(name)).Sample().Value.Leaf.Bound.Addr
}

// Hosts that a stranger has made up are asked for less and less often.
func TestMadeUpNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hosts{ips: map[string]string{}}
		n := newNamer(t, inet.Config{Resolver: h})
		const names = 1000
		for i := range names {
			defer addrOf(n, fmt.Sprintf("/made-up-%d.example/80", i)).Observe(func(resolve.State[resolve.Replicas]) {})()
		}
		asked := func(after time.Duration) int {
			time.Sleep(after)
			synctest.Wait()
			return h.lookups()
		}
		if got, want := asked(60*time.Second), 4*names; got > want {
			t.Errorf("%d names cost %d look-ups in the first minute, want at most %d", names, got, want)
		}
		if got, want := asked(9*time.Minute), 18*names; got > want {
			t.Errorf("%d names cost %d look-ups in ten minutes, want at most %d", names, got, want)
		}
	})
}

// When a host is looked up, by what the look-ups before have found.
func TestWhenAHostIsLookedUp(t *testing.T) {
	for _, c := range []struct{ what, found, want string }{
		{"it exists", "+ + + + +", "0 5 10 15 20"},
		{"it does not exist", "- - - - - - -", "0 5 15 35 75 115 155"},
		{"nobody can tell", "! ! ! ! ! !", "0 5 15 35 75 115"},
		{"it exists and nobody can tell", "+ ! ! ! !", "0 5 10 15 20"},
		{"it comes after a time", "- - - + + +", "0 5 15 35 40 45"},
		{"it goes", "+ - - - - + - -", "0 5 10 20 40 80 85 90"},
		{"nobody could tell for a time", "+ ! - ! + !", "0 5 10 15 25 30"},
	} {
		t.Run(c.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &hosts{ips: map[string]string{}}
				n := newNamer(t, inet.Config{Resolver: h})
				var at []string
				start, asked := time.Now(), 0
				found := strings.Fields(c.found)
				next := func() {
					switch found[min(asked, len(found)-1)] {
					case "+":
						h.set("web", "10.0.0.1", nil)
					case "-":
						h.set("web", "", nil)
					case "!":
						h.set("web", "", errors.New("server misbehaving"))
					}
				}
				next()
				defer addrOf(n, "/web/80").Observe(func(resolve.State[resolve.Replicas]) {})()
				for asked < len(found) {
					synctest.Wait()
					if h.lookups() > asked {
						asked = h.lookups()
						at = append(at, fmt.Sprint(time.Since(start).Seconds()))
						next()
					}
					time.Sleep(time.Second)
				}
				if diff := cmp.Diff(c.want, strings.Join(at, " ")); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// That a host has no addresses is told where its addresses are shown, and once a minute
// to the log, whoever names it how often.
func TestAHostThatDoesNotExist(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hosts{ips: map[string]string{}}
		var mu sync.Mutex
		var told []string
		n := newNamer(t, inet.Config{Resolver: h, ErrorLog: logtest.ErrorsTo(func(err error) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, err.Error())
		})})
		// logged is what the log was told since it was asked last.
		logged := func() (all []string) {
			mu.Lock()
			defer mu.Unlock()
			all, told = told, nil
			return all
		}
		addr := addrOf(n, "/app01/80")
		defer addr.Observe(func(resolve.State[resolve.Replicas]) {})()
		synctest.Wait()
		if s := addr.Sample(); s.Value.Unresolved != "app01: no such host" || !s.Value.Neg {
			t.Errorf("%+v", s)
		}
		in, err := resolve.New(resolve.Config{Utilities: map[string]resolve.Namer{"inet": n}})
		if err != nil {
			t.Fatal(err)
		}
		d, err := in.Delegate(t.Context(), nil, resolve.MustPath("/$/inet/app01/80"))
		var text strings.Builder
		if err != nil || d.Text(&text) != nil || !strings.Contains(text.String(), "(app01: no such host), as of ") {
			t.Errorf("%v: %s", err, text.String())
		}
		logged() // the explanation has asked for itself

		time.Sleep(time.Minute)
		h.set("app01", "", errors.New("server misbehaving"))
		time.Sleep(time.Minute)
		h.set("app01", "10.0.0.1", nil)
		time.Sleep(time.Minute)
		if s := addr.Sample(); s.Value.Unresolved != "" || len(s.Value.Addresses) != 1 {
			t.Errorf("%+v", s)
		}
		h.set("app01", "", errors.New("server misbehaving"))
		time.Sleep(time.Minute)
		// As it lasts after a minute, and as it comes again.
		if diff := cmp.Diff([]string{`inet: "app01": server misbehaving`, `inet: "app01": server misbehaving`}, logged()); diff != "" {
			t.Error(diff)
		}
		time.Sleep(time.Minute)
		for i := range 1000 {
			defer addrOf(n, fmt.Sprintf("/made-up-%d.example/80", i)).Observe(func(resolve.State[resolve.Replicas]) {})()
		}
		time.Sleep(30 * time.Second)
		synctest.Wait()
		if n := len(logged()); n != 10 {
			t.Errorf("the log was told %d times", n)
		}
	})
}
