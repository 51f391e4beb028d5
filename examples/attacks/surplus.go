package main

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// The surplus attack: a backend sends more than the response that it announced.
// What it sends too much must never reach another caller, neither as a response
// nor as an error.

// surplusMode is one way to send too much.
type surplusMode struct {
	name   string
	method string // of the attackers; empty: GET
	reply  reply
	// must: not one wrong response, as the surplus arrives together with the
	// end of the response. Otherwise no proxy can do better than to be quick, and
	// the hop is measured by the better one of nginx and haproxy.
	must bool
}

// foreign is the response that nobody asked for.
const foreign = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nEEEEEEEE"

func surplusModes() []surplusMode {
	const long = 16 << 10
	return []surplusMode{
		{name: "16 KiB, second response", reply: counted(long, foreign), must: true},
		{name: "16 KiB, CRLF", reply: counted(long, "\r\n"), must: true},
		{name: "16 KiB, one byte", reply: counted(long, "x"), must: true},
		{name: "200 KB, second response", reply: counted(200_000, foreign), must: true},
		{name: "small, second response", reply: counted(2, foreign), must: true},
		{name: "small, and at once in another write", reply: counted(2, "").then(atOnce, foreign)},
		{name: "small, and 60 us later", reply: counted(2, "").then(late, foreign)},
		{name: "204 with a body", reply: bodiless("204 No Content", 0).then(atOnce, foreign)},
		{name: "304 with a body", reply: bodiless("304 Not Modified", 0).then(atOnce, foreign)},
		{name: "HEAD with a body", method: "HEAD", reply: bodiless("200 OK", 0).then(atOnce, foreign)},
		{name: "HEAD with a body, head of 16 KiB", method: "HEAD", reply: bodiless("200 OK", long).then(atOnce, foreign)},
	}
}

func surplusAttack() *attack {
	return &attack{
		name:  "surplus",
		about: fmt.Sprintf("a backend sends more than it announced to %d callers; wrong responses to %d others", surplusAttackers, surplusOthers),
		make: func(ctx context.Context, s *scene, out io.Writer) ([]string, error) {
			return surplus(ctx, s, surplusModes(), out)
		},
	}
}

// surplus measures each mode with each proxy.
func surplus(ctx context.Context, s *scene, modes []surplusMode, out io.Writer) (broken []string, err error) {
	present := s.present()
	names := []string{"wrong of all"}
	for _, f := range present {
		names = append(names, f.name)
	}
	t := newTable(out, append(names, "holds"))
	for _, mode := range modes {
		seen := map[string]tally{}
		cells := []string{mode.name}
		for _, f := range present {
			var sum tally
			for range s.rounds {
				one, err := surplusOnce(ctx, s, f, mode)
				if err != nil {
					return broken, fmt.Errorf("%s, %s: %w", mode.name, f.name, err)
				}
				sum = sum.plus(one)
			}
			seen[f.name] = sum
			cells = append(cells, sum.String())
		}
		holds := "yes"
		if why := mode.judge(seen); why != "" {
			holds = "NO"
			broken = append(broken, mode.name+": "+why)
		}
		t.row(append(cells, holds))
	}
	return broken, nil
}

// surplusOnce is one measurement, with everything begun anew.
func surplusOnce(ctx context.Context, s *scene, f front, mode surplusMode) (tally, error) {
	b, err := newSurplusBackend(mode.reply)
	if err != nil {
		return tally{}, err
	}
	defer b.close()
	p, err := f.open(ctx, s, b.addr())
	if err != nil {
		return tally{}, err
	}
	sum := surplusLoad(ctx, p.addr, mode, s.window)
	return sum, p.stop()
}

// judge says what does not hold; empty: it does.
func (m surplusMode) judge(seen map[string]tally) string {
	own, measured := seen[hop]
	if !measured {
		return ""
	}
	if own.all == 0 {
		return "nobody was answered"
	}
	n, h := seen[nginx], seen[haproxy]
	compared := n.all > 0 && h.all > 0
	switch {
	case m.must || compared && n.wrong() == 0 && h.wrong() == 0:
		if own.wrong() > 0 {
			return fmt.Sprintf("%d of %d responses to others are wrong: %s", own.wrong(), own.all, own.kinds())
		}
	case compared:
		best := n
		if h.rate() < n.rate() {
			best = h
		}
		if bound := upper95(best.wrong(), best.all); own.rate() > bound {
			return fmt.Sprintf("%s wrong, and at most %s by the better one of nginx and haproxy: %s", percent(own.rate()), percent(bound), own.kinds())
		}
	}
	return ""
}

// tally is what the others were answered.
type tally struct {
	all     int
	surplus int // responses that nobody asked for
	crossed int // the response of another caller
	failed  int // a 5xx of the proxy, or a connection that broke
}

func (t tally) plus(o tally) tally {
	return tally{t.all + o.all, t.surplus + o.surplus, t.crossed + o.crossed, t.failed + o.failed}
}

func (t tally) wrong() int { return t.surplus + t.crossed + t.failed }

func (t tally) rate() float64 { return float64(t.wrong()) / float64(max(t.all, 1)) }

func (t tally) String() string {
	if t.wrong() == 0 {
		return fmt.Sprintf("0 of %d", t.all)
	}
	return fmt.Sprintf("%d of %d (%s)", t.wrong(), t.all, percent(t.rate()))
}

func (t tally) kinds() string {
	var kinds []string
	for _, k := range []struct {
		n    int
		what string
	}{{t.surplus, "the surplus"}, {t.crossed, "another caller's"}, {t.failed, "failures"}} {
		if k.n > 0 {
			kinds = append(kinds, fmt.Sprintf("%d %s", k.n, k.what))
		}
	}
	return strings.Join(kinds, ", ")
}
