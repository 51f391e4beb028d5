package dnssrv_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"github.com/meshhop/meshhop/internal/logtest"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/dnssrv"
)

// scripted answers without a network, so that time can be the bubble's.
type scripted struct {
	mu      sync.Mutex
	start   time.Time
	asked   []string // when SRV records were asked for, and of what
	answers map[string][]string
	fail    error
	silent  bool
}

func newScripted() *scripted {
	return &scripted{start: time.Now(), answers: make(map[string][]string)}
}

// set makes the SRV records of a name, or with none that it is not there.
func (s *scripted) set(name string, records ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[name] = records
}

func (s *scripted) breaks(err error, silent bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail, s.silent = err, silent
}

func (s *scripted) Exchange(ctx context.Context, question *dns.Msg, _ string) (*dns.Msg, error) {
	q := question.Question[0]
	s.mu.Lock()
	fail, silent := s.fail, s.silent
	records := s.answers[q.Name]
	if q.Qtype == dns.TypeSRV {
		s.asked = append(s.asked, fmt.Sprintf("%s %s", time.Since(s.start), q.Name))
	}
	s.mu.Unlock()
	if silent {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if fail != nil {
		return nil, fail
	}
	m := new(dns.Msg).SetReply(question)
	m.RecursionAvailable = true
	if len(records) == 0 {
		m.Rcode = dns.RcodeNameError
	}
	for _, text := range records {
		rr, err := dns.NewRR(text)
		if err != nil {
			return nil, err
		}
		switch rr.(type) {
		case *dns.SRV:
			m.Answer = append(m.Answer, rr)
		case *dns.SOA:
			m.Ns = append(m.Ns, rr)
		default:
			m.Extra = append(m.Extra, rr)
		}
	}
	return m, nil
}

func (s *scripted) questions() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked = nil
	return asked
}

// watch collects what an observer of a name and of its replicas sees.
type watch struct {
	start time.Time
	mu    sync.Mutex
	seen  []string
	leave func() // observing the replicas, nil if that has not begun
	stop  func()
}

func observe(n resolve.Namer, name string) *watch {
	w := &watch{start: time.Now()}
	stop := n.Lookup(resolve.MustPath(name)).Observe(func(s resolve.State[resolve.NameTree[resolve.Name]]) {
		switch {
		case s.Status == resolve.Failed:
			w.add("name: " + s.Err.Error())
		case s.Status == resolve.OK && s.Value.Op == resolve.Leaf:
			w.add("name: " + s.Value.Leaf.Bound.ID.String())
			w.replicas(s.Value.Leaf.Bound.Addr)
		case s.Status == resolve.OK:
			w.add("name: " + s.Value.Op.String())
		}
	})
	w.stop = func() {
		stop()
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.leave != nil {
			w.leave()
		}
	}
	return w
}

// replicas observes those of the first replica set.
func (w *watch) replicas(a *resolve.Activity[resolve.Replicas]) {
	w.mu.Lock()
	known := w.leave != nil
	w.mu.Unlock()
	if known {
		return
	}
	leave := a.Observe(func(s resolve.State[resolve.Replicas]) {
		switch s.Status {
		case resolve.Failed:
			w.add(s.Err.Error())
		case resolve.OK:
			w.add(show(s.Value.Addresses))
		}
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	w.leave = leave
}

func (w *watch) add(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, fmt.Sprintf("%s %s", time.Since(w.start), text))
}

// TestWhenNamesAreLookedUp checks the time from one look-up to the next.
func TestWhenNamesAreLookedUp(t *testing.T) {
	for _, c := range []struct {
		what     string
		min, max time.Duration
		until    time.Duration // zero means a minute
		records  []string
		fail     error
		want     string
	}{
		{what: "a TTL within the bounds", records: []string{"web. 20 SRV 1 1 80 a.", "a. 60 A 10.0.0.1"}, want: "0s 20s 40s 1m0s"},
		{what: "the lowest TTL of records counts", records: []string{"web. 40 SRV 1 1 80 a.", "web. 30 SRV 1 1 81 a.", "a. 60 A 10.0.0.1"}, want: "0s 30s 1m0s"},
		{what: "that of the address, too", records: []string{"web. 40 SRV 1 1 80 a.", "a. 25 A 10.0.0.1"}, want: "0s 25s 50s"},
		{what: "a TTL that is too short", records: []string{"web. 0 SRV 1 1 80 a.", "a. 0 A 10.0.0.1"}, want: "0s 5s 10s 15s 20s 25s 30s 35s 40s 45s 50s 55s 1m0s"},
		{what: "a TTL that is too long", records: []string{"web. 86400 SRV 1 1 80 a.", "a. 86400 A 10.0.0.1"}, want: "0s 1m0s"},
		{what: "a TTL that is none", records: []string{"web. 4294967295 SRV 1 1 80 a.", "a. 86400 A 10.0.0.1"}, min: 30 * time.Second, want: "0s 30s 1m0s"},
		{what: "no such name", want: "0s 5s 10s 15s 20s 25s 30s 35s 40s 45s 50s 55s 1m0s"},
		{what: "no such name, for a while", records: []string{"web. 300 SOA ns. admin. 1 1 1 1 30"}, want: "0s 30s 1m0s"},
		{what: "no such name, for a shorter while", records: []string{"web. 20 SOA ns. admin. 1 1 1 1 30"}, want: "0s 20s 40s 1m0s"},
		{what: "a failure", fail: errors.New("broken"), min: 30 * time.Second, want: "0s 0s 30s 30s 1m0s 1m0s"},
		{what: "bounds that are one", records: []string{"web. 20 SRV 1 1 80 a.", "a. 60 A 10.0.0.1"}, min: 25 * time.Second, max: 25 * time.Second, want: "0s 25s 50s"},
		{what: "an upper bound below the default of the lower one", records: []string{"web. 20 SRV 1 1 80 a.", "a. 60 A 10.0.0.1"}, max: 3 * time.Second, until: 7 * time.Second, want: "0s 3s 6s"},
		{what: "a lower bound above the default of the upper one", records: []string{"web. 20 SRV 1 1 80 a.", "a. 60 A 10.0.0.1"}, min: 61 * time.Second, want: "0s"},
	} {
		t.Run(c.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScripted()
				s.set("web.", c.records...)
				s.breaks(c.fail, false)
				if c.until == 0 {
					c.until = time.Minute
				}
				n := newNamer(t, dnssrv.Config{Exchanger: s, MinRefresh: c.min, MaxRefresh: c.max})
				w := observe(n, "/web.")
				defer w.stop()
				time.Sleep(c.until)
				synctest.Wait()
				var times []string
				for _, asked := range s.questions() {
					at, _, _ := strings.Cut(asked, " ")
					times = append(times, at)
				}
				if got := strings.Join(times, " "); got != c.want {
					t.Errorf("got %s, want %s", got, c.want)
				}
			})
		})
	}
}

// TestWhatAnObserverSees goes through the life of a name.
func TestWhatAnObserverSees(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScripted()
		var mu sync.Mutex
		var told []string
		n := newNamer(t, dnssrv.Config{Exchanger: s, MinRefresh: time.Second, MaxRefresh: time.Second, ErrorLog: logtest.ErrorsTo(func(err error) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, err.Error())
		})})
		s.breaks(errors.New("broken"), false)
		w := observe(n, "/web./rest")
		defer w.stop()
		next := func() { time.Sleep(time.Second); synctest.Wait() }
		synctest.Wait() // it has failed
		next()          // the same
		s.breaks(nil, false)
		next() // it is not there
		s.set("web.", "web. 1 SRV 1 1 80 a.", "web. 1 SRV 1 1 80 b.", "a. 1 A 10.0.0.1", "b. 1 A 10.0.0.2")
		next()
		s.set("web.", "web. 1 SRV 1 1 80 b.", "web. 1 SRV 1 1 80 a.", "b. 1 A 10.0.0.2", "a. 1 A 10.0.0.1") // the same
		next()
		s.set("web.", "web. 1 SRV 1 1 80 b.", "b. 1 A 10.0.0.2")
		next()
		s.breaks(errors.New("broken"), false)
		next()
		next()
		s.breaks(nil, false)
		next() // as it was
		s.set("web.", "web. 1 SRV 1 1 81 b.", "b. 1 A 10.0.0.2")
		next()
		s.set("web.")
		next()
		s.set("web.", "web. 1 SRV 1 1 82 b.", "b. 1 A 10.0.0.2")
		next()

		const broken = "dnssrv: look up SRV of web.: server 127.0.0.1:53: broken"
		want := []string{
			"0s name: " + broken,
			"2s name: Neg",
			"3s name: /web.", "3s a=10.0.0.1:80 b=10.0.0.2:80",
			"5s b=10.0.0.2:80",
			"9s b=10.0.0.2:81",
			"10s dnssrv: web. has no SRV records", "10s name: Neg",
			"11s b=10.0.0.2:82", "11s name: /web.",
		}
		// The name and its replicas change at the same time.
		if diff := cmp.Diff(sorted(want), sorted(w.seen)); diff != "" {
			t.Errorf("seen (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{broken}, told); diff != "" { // the second time comes within a minute
			t.Errorf("told (-want +got):\n%s", diff)
		}
	})
}

// TestALostTargetStaysWhereItWas checks failures of a part of a look-up.
func TestALostTargetStaysWhereItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &partly{scripted: newScripted()}
		var told []string
		n := newNamer(t, dnssrv.Config{Exchanger: s, MinRefresh: time.Second, ErrorLog: logtest.ErrorsTo(func(err error) { told = append(told, err.Error()) })})
		s.set("web.", "web. 10 SRV 1 1 80 a.", "web. 10 SRV 1 1 80 b.")
		w := observe(n, "/web.")
		defer w.stop()
		synctest.Wait()
		s.lose("b.")
		time.Sleep(10 * time.Second)
		synctest.Wait()
		s.set("web.", "web. 10 SRV 1 1 81 a.", "web. 10 SRV 1 1 81 b.")
		time.Sleep(time.Second) // it is tried again soon
		synctest.Wait()
		want := []string{"0s name: /web.", "0s a=10.0.0.7:80 b=10.0.0.7:80", "11s a=10.0.0.7:81 b=10.0.0.7:81"}
		if diff := cmp.Diff(want, w.seen); diff != "" {
			t.Errorf("seen (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"dnssrv: web.: dnssrv: look up A of b.: server 127.0.0.1:53: lost"}, told); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
	})
}

// partly gives all hosts but one an address.
type partly struct {
	*scripted
	lost string
}

func (p *partly) lose(host string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lost = host
}

func (p *partly) Exchange(ctx context.Context, question *dns.Msg, server string) (*dns.Msg, error) {
	q := question.Question[0]
	if q.Qtype == dns.TypeSRV {
		return p.scripted.Exchange(ctx, question, server)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if q.Name == p.lost {
		return nil, errors.New("lost")
	}
	m := new(dns.Msg).SetReply(question)
	rr, err := dns.NewRR(q.Name + " 20 A 10.0.0.7")
	m.RecursionAvailable, m.Answer = true, []dns.RR{rr}
	return m, err
}

// TestOneWatchForAll checks that observers of one name share its look-ups, and
// that these end with the last observer.
func TestOneWatchForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScripted()
		n := newNamer(t, dnssrv.Config{Exchanger: s})
		s.set("web.", "web. 10 SRV 1 1 80 a.", "a. 10 A 10.0.0.1")
		first, second := observe(n, "/web./one"), observe(n, "/WEB./two")
		time.Sleep(15 * time.Second)
		first.stop()
		late := observe(n, "/web.")
		synctest.Wait()
		if diff := cmp.Diff([]string{"0s a=10.0.0.1:80", "0s name: /web."}, sorted(late.seen)); diff != "" {
			t.Errorf("a later observer sees (-want +got):\n%s", diff)
		}
		time.Sleep(10 * time.Second)
		second.stop()
		late.stop()
		synctest.Wait()
		time.Sleep(time.Minute)
		if diff := cmp.Diff([]string{"0s web.", "10s web.", "20s web."}, s.questions()); diff != "" {
			t.Errorf("questions (-want +got):\n%s", diff)
		}
	})
}

// TestASilentServer checks how long a name waits for one.
func TestASilentServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScripted()
		s.breaks(nil, true)
		n := newNamer(t, dnssrv.Config{Exchanger: s, Servers: []string{"10.0.0.1", "10.0.0.2", "10.0.0.3"}})
		start := time.Now()
		got := answerOf(t, n, "/web.")
		if !strings.HasPrefix(got, "dnssrv: look up SRV of web.: server 10.0.0.") || !strings.HasSuffix(got, ":53: no response in 2s") {
			t.Errorf("got %q", got)
		}
		if took := time.Since(start); took != 8*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

// sorted puts what comes at the same time, and so in any order, in one order.
func sorted(texts []string) []string { return slices.Sorted(slices.Values(texts)) }
