package resolve_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/meshhop/meshhop/internal/worlds"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/resolve/transform"
)

// slow is a namer that takes its time over some names.
type slow struct {
	resolve.Namer
	takes map[string]time.Duration // by name; negative: for ever
}

func (s *slow) Lookup(p resolve.Path) *resolve.Activity[resolve.NameTree[resolve.Name]] {
	takes := s.takes[p.String()]
	if takes == 0 {
		return s.Namer.Lookup(p)
	}
	return resolve.NewActivity(func(ctx context.Context, set func(resolve.State[resolve.NameTree[resolve.Name]])) {
		if takes > 0 {
			select {
			case <-time.After(takes):
				defer s.Namer.Lookup(p).Observe(set)()
			case <-ctx.Done():
			}
		}
		<-ctx.Done()
	})
}

// slowScene is a scene whose namer is slow.
func slowScene(t testing.TB, takes map[string]time.Duration) (*resolve.DefaultInterpreter, *resolvetest.Namer) {
	t.Helper()
	var n resolvetest.Namer
	for _, name := range []string{"/ok", "/x", "/y"} {
		n.Bind(name, "127.0.0.1:80")
	}
	n.Fail("/failed", worlds.ErrBroken)
	n.Stall("/stalled")
	in, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/n"), Namer: &slow{&n, takes}}}})
	if err != nil {
		t.Fatal(err)
	}
	return in, &n
}

// follow notes what name is bound to from now on, and when.
func follow(in resolve.Interpreter, dtab, name string) (log *[]string, stop func()) {
	log = new([]string)
	start := time.Now()
	stop = in.Bind(resolve.MustDtab(dtab), resolve.MustPath(name)).Observe(func(s resolve.State[boundTree]) {
		*log = append(*log, fmt.Sprintf("%v %s", time.Since(start), worlds.ShowState(s)))
	})
	return log, stop
}

// What a union is while a branch is not known, and after that: vector 79 but
// for the wait, whose reason is in the package's documentation.
func TestAUnionWaits(t *testing.T) {
	for _, c := range []struct {
		dst  string
		want []string
	}{
		{"/#/n/ok & /#/n/never", []string{"1s /#/n/ok"}},
		{"0.01*/#/n/ok & /#/n/late", []string{"300ms 0.01*/#/n/ok & /#/n/late"}},
		{"/#/n/ok & /#/n/late-neg", []string{"300ms /#/n/ok"}},
		{"/#/n/late & /#/n/late-neg", []string{"300ms /#/n/late"}},
		{"/#/n/missing & /#/n/late", []string{"300ms /#/n/late"}},
		{"! & /#/n/late", []string{"300ms /#/n/late"}},
		{"/#/n/failed & /#/n/late", []string{"300ms /#/n/late"}},
		{"/#/n/failed & /#/n/never", []string{"1s failed: broken"}},
		{"~ & /#/n/failed & /#/n/never", []string{"1s failed: broken"}},
		{"$ & /#/n/never", []string{"1s $"}},
		{"/#/n/never & /#/n/stalled", nil},
		{"~ & /#/n/never", nil},
		{"! & ~ & /#/n/never", nil},
		{"/#/n/ok & /#/n/later", []string{"1s /#/n/ok", "5s /#/n/ok & /#/n/later"}},
		{"/#/n/ok & /#/n/late & /#/n/never", []string{"1s /#/n/ok & /#/n/late"}},
		{"0.5*/#/n/later & 0.5*/#/n/never", []string{"5s /#/n/later"}},

		// In alternates and in other unions.
		{"(~ & /#/n/late) | /#/n/ok", []string{"300ms /#/n/late"}},
		{"(~ & /#/n/never) | /#/n/ok", nil},
		{"(/#/n/x & /#/n/never) | /#/n/ok", []string{"1s /#/n/x"}},
		{"(/#/n/missing | /#/n/late) & /#/n/ok", []string{"300ms /#/n/late & /#/n/ok"}},
		{"(/#/n/never | /#/n/x) & /#/n/ok", []string{"1s /#/n/ok"}},
		{"0.3*(0.2*/#/n/x & 0.8*/#/n/late) & 0.7*/#/n/ok", []string{"300ms 0.3*(0.2*/#/n/x & 0.8*/#/n/late) & 0.7*/#/n/ok"}},
		{"(/#/n/x & /#/n/never) & /#/n/ok", []string{"1s /#/n/x & /#/n/ok"}},
		{"(~ & /#/n/never) & /#/n/ok", []string{"1s /#/n/ok"}},
		{"(/#/n/late & /#/n/never) & ~", []string{"1s /#/n/late"}},

		// A question that comes from an answer has its own time.
		{"/#/n/first & /#/n/ok", []string{"1.5s /#/n/second & /#/n/ok"}},
		{"/#/n/ok & /#/n/never & /#/n/first", []string{"1.5s /#/n/ok & /#/n/second"}},
		{"(/#/n/ok & /#/n/never) & (~ & /#/n/first)", []string{"1.5s /#/n/ok & /#/n/second"}},
		{"(/#/n/late-neg | /#/n/second) & /#/n/ok & /#/n/never", []string{"1s /#/n/second & /#/n/ok"}},
	} {
		t.Run(strings.ReplaceAll(c.dst, "/#/n", ""), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in, n := slowScene(t, map[string]time.Duration{
					"/never": -1, "/late": 300 * time.Millisecond, "/late-neg": 300 * time.Millisecond, "/later": 5 * time.Second,
					"/first": 900 * time.Millisecond, "/second": 600 * time.Millisecond,
				})
				for _, name := range []string{"/late", "/later", "/second"} {
					n.Bind(name, "127.0.0.1:80")
				}
				n.Set("/first", "/#/n/second")
				log, stop := follow(in, "/s=>"+c.dst, "/s")
				defer stop()
				time.Sleep(time.Minute)
				synctest.Wait()
				want := append([]string{"0s pending"}, c.want...)
				if diff := cmp.Diff(want, *log); diff != "" {
					t.Error(diff)
				}
				_, last, _ := strings.Cut(want[len(want)-1], " ")
				if got := worlds.BindNow(in, "/s=>"+c.dst, "/s"); got != last {
					t.Errorf("a later observer gets %s, not %s", got, last)
				}
			})
		})
	}
}

// The wait belongs to the question, whoever asks it, for as long as somebody
// does.
func TestAUnionWaitsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, n := slowScene(t, nil)
		const first, second = "/s=>/#/n/ok & 3*/#/n/stalled", "/s=>/#/n/x & /#/n/stalled"
		step := func(what string, log *[]string, want ...string) {
			t.Helper()
			synctest.Wait()
			if diff := cmp.Diff(want, *log); diff != "" {
				t.Errorf("%s: %s", what, diff)
			}
			*log = nil
		}
		one, stop := follow(in, first, "/s")
		time.Sleep(400 * time.Millisecond)
		two, stopSecond := follow(in, second, "/s")
		time.Sleep(5 * time.Second)
		step("the first to ask", one, "0s pending", "1s /#/n/ok")
		step("a later observer waits for the rest of the time", two, "0s pending", "600ms /#/n/x")
		stopSecond()
		three, stopThird := follow(in, second, "/s")
		step("an observer after the time is over does not wait", three, "0s /#/n/x")

		n.Bind("/stalled", "127.0.0.1:81")
		step("when it answers", one, "5.4s /#/n/ok & 3*/#/n/stalled")
		step("when it answers", three, "0s /#/n/x & /#/n/stalled")

		// What was known before is known no more, which takes nothing away:
		// who uses a binding keeps what it was while it is pending.
		n.Stall("/stalled")
		time.Sleep(300 * time.Millisecond)
		n.Bind("/stalled", "127.0.0.1:81")
		step("it is gone for a moment", one, "5.4s pending", "5.7s /#/n/ok & 3*/#/n/stalled")
		n.Stall("/stalled")
		time.Sleep(5 * time.Second)
		step("it is gone for long", one, "5.7s pending", "6.7s /#/n/ok")

		stopThird()
		stop()
		again, stop := follow(in, first, "/s")
		time.Sleep(5 * time.Second)
		step("nobody asked in the meantime", again, "0s pending", "1s /#/n/ok")
		stop()
		time.Sleep(time.Minute)
		step("when it is left", again)
	})
}

// A binding that is left while it waits ends at once.
func TestAUnionIsLeftWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counting{Namer: &resolvetest.Namer{}, now: make(map[string]int)}
		in, err := resolve.New(resolve.Config{
			Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/n"), Namer: c}}, UnionWait: time.Hour,
		})
		if err != nil {
			t.Fatal(err)
		}
		c.Namer.(*resolvetest.Namer).Stall("/stalled")
		log, stop := follow(in, "/s=>/$/nil & /#/n/stalled", "/s")
		synctest.Wait()
		stop()
		synctest.Wait()
		if len(c.now) > 0 {
			t.Errorf("still observed: %v", c.now)
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if diff := cmp.Diff([]string{"0s pending"}, *log); diff != "" {
			t.Error(diff)
		}
	})
}

// However long the namers take, what a name is first bound to is what it stays
// bound to, with its weights: nobody is sent where only an unfinished union
// leads. Only those that never answer are missing from it.
func TestTheFirstAnswerIsSettled(t *testing.T) {
	letters := []string{"a", "b", "c", "d", "e", "f"}
	leaf := func(t *rapid.T, from int) string {
		return "/#/n/" + rapid.SampledFrom(letters[from:]).Draw(t, "leaf")
	}
	var dst func(t *rapid.T, depth int) string
	dst = func(t *rapid.T, depth int) string {
		op := rapid.SampledFrom([]string{"", " & ", " & ", " | "}).Draw(t, "op")
		if depth == 0 || op == "" {
			return rapid.SampledFrom([]string{leaf(t, 0), leaf(t, 0), leaf(t, 0), "~", "$"}).Draw(t, "end")
		}
		var parts []string
		for range rapid.IntRange(2, 3).Draw(t, "parts") {
			part := dst(t, depth-1)
			if strings.Contains(part, " ") {
				part = "(" + part + ")"
			}
			if op == " & " {
				part = rapid.SampledFrom([]string{"", "0.01*", "3*"}).Draw(t, "weight") + part
			}
			parts = append(parts, part)
		}
		return strings.Join(parts, op)
	}
	mount := func(n resolve.Namer) *resolve.DefaultInterpreter {
		in, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/n"), Namer: n}}})
		if err != nil {
			t.Fatal(err)
		}
		return in
	}
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		answers, takes := make(map[string]string), make(map[string]time.Duration)
		everybody := true
		for i, l := range letters {
			name := "/" + l
			choice := []string{"bind", "bind", "bind", "fail", "~", "!", "$"}
			if i+1 < len(letters) {
				choice = append(choice, leaf(t, i+1), leaf(t, i+1)+" & 0.5*"+leaf(t, i+1))
			}
			answers[name] = rapid.SampledFrom(choice).Draw(t, name)
			ms := rapid.SampledFrom([]int{0, 0, 1, 300, 950, -1}).Draw(t, "takes")
			takes[name] = time.Duration(ms) * time.Millisecond
			everybody = everybody && ms >= 0
		}
		dtab := "/s=>" + dst(t, 2)
		var known []string
		var settled, explained, parts, want string
		synctest.Test(outer, func(*testing.T) {
			var n resolvetest.Namer
			for name, answer := range answers {
				worlds.Tell([2]string{"n " + name, answer}, &n, nil)
			}
			want = worlds.BindNow(mount(&n), dtab, "/s")
			in := mount(&slow{&n, takes})
			log, stop := follow(in, dtab, "/s")
			defer stop()
			time.Sleep(time.Hour)
			synctest.Wait()
			settled = worlds.BindNow(in, dtab, "/s")
			d := delegateNow(in, resolve.MustDtab(dtab), resolve.MustPath("/s"))
			explained = worlds.ShowState(d.Result)
			parts = worlds.ShowState(resolve.Recorded(in, resolve.MustDtab(dtab), resolve.MustPath("/s")))
			known = slices.DeleteFunc(*log, func(s string) bool { return strings.HasSuffix(s, " pending") })
		})
		first := "pending"
		if len(known) > 0 {
			_, first, _ = strings.Cut(known[0], " ")
		}
		switch {
		case len(known) > 1:
			t.Errorf("%s: it is first known as %s", dtab, strings.Join(known, ", then as "))
		case first != settled, everybody && first != want:
			t.Errorf("%s: got %s, want %s, or %s without those who never answer", dtab, first, want, settled)
		case explained != settled, parts != settled:
			t.Errorf("%s: bound to %s, explained as %s, its parts as %s", dtab, settled, explained, parts)
		}
	})
}

// An explanation says for what a union waits, and what it passes over.
func TestDelegateAUnionThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, _ := slowScene(t, nil)
		const dtab = "/s=>3*/#/n/ok & /#/n/stalled"
		_, stop := follow(in, dtab, "/s")
		defer stop()
		for _, c := range []struct {
			after        time.Duration
			result, text string
		}{
			{300 * time.Millisecond, "pending", "no answer yet, asked /#/n 300ms ago; the union waits for it"},
			// It looks again when the time is over, although nobody answers.
			{1500 * time.Millisecond, "/#/n/ok", "no answer yet, asked /#/n 2s ago; passed over after 1s"},
		} {
			ctx, cancel := context.WithTimeout(t.Context(), c.after)
			got, err := in.Delegate(ctx, resolve.MustDtab(dtab), resolve.MustPath("/s"))
			cancel()
			if err == nil {
				t.Error("everything is known")
			}
			var b strings.Builder
			if err := got.Text(&b); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(b.String(), "1 * /#/n/stalled ("+dtab+"): "+c.text) || worlds.ShowState(got.Result) != c.result {
				t.Errorf("%s:\n%s", worlds.ShowState(got.Result), b.String())
			}
		}
		alone, err := in.Delegate(expired(t), nil, resolve.MustPath("/#/n/stalled"))
		var b strings.Builder
		if err == nil || alone.Text(&b) != nil || strings.Contains(b.String(), "union") || strings.Contains(b.String(), "passed") {
			t.Errorf("%v: %s", err, b.String())
		}
	})
}

func expired(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

func TestUnionWait(t *testing.T) {
	if _, err := resolve.New(resolve.Config{UnionWait: -1}); err == nil {
		t.Error("a negative wait is accepted")
	}
	synctest.Test(t, func(t *testing.T) {
		c := resolve.Config{UnionWait: 20 * time.Millisecond}
		in, _ := scene(t, c)
		log, stop := follow(in, "/s=>/#/n/ok & /#/n/pending", "/s")
		defer stop()
		c.Transformers = []resolve.Transformer{transform.Const(resolve.MustPath("/#/n/union"), resolve.MustPath("/%/c"))}
		in, n := scene(t, c)
		n.Set("/union", "/#/n/ok & /#/n/pending")
		transformed, stop := follow(in, "", "/x")
		defer stop()
		time.Sleep(time.Second)
		synctest.Wait()
		if diff := cmp.Diff([]string{"0s pending", "20ms /#/n/ok"}, *log); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"0s pending", "20ms /%/c/#/n/union"}, *transformed); diff != "" {
			t.Errorf("what a transformer looks up: %s", diff)
		}
	})
}
