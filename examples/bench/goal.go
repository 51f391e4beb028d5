package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// goal is one of the project's goals and how near this run came to it.
type goal struct {
	Number  int
	What    string
	Value   float64
	Unit    string `json:",omitempty"`
	Must    float64
	Aim     float64
	Lower   float64 `json:",omitempty"` // the lower end of Value's 90 % interval, by which the must is judged; 0: Value is
	AtLeast bool    // Value is to be Must or more, not Must or less
	Zero    bool    `json:",omitempty"` // a bound of 0 is one
	Verdict verdict
}

// verdict says what of a goal is reached.
type verdict string

const (
	aimReached  verdict = "aim"
	mustReached verdict = "must"
	missed      verdict = "MISSED"
)

func (g goal) judged() goal {
	reached := func(bound float64) bool {
		if g.AtLeast {
			return g.Value >= bound
		}
		return g.Value <= bound
	}
	switch {
	case reached(g.Aim):
		g.Verdict = aimReached
	case reached(g.Must), g.Lower != 0 && g.Lower <= g.Must:
		g.Verdict = mustReached
	default:
		g.Verdict = missed
	}
	return g
}

// missedGoals says which goals are missed that are to be asserted.
func missedGoals(all []goal, asserted func(goal) bool) error {
	var which []string
	for _, g := range all {
		if g.Verdict == missed && asserted(g) {
			which = append(which, fmt.Sprintf("%d (%s)", g.Number, g.What))
		}
	}
	if len(which) == 0 {
		return nil
	}
	return fmt.Errorf("goals are missed: %s", strings.Join(which, ", "))
}

// memoryBound is how much more memory than an untraced hop one may take whose
// collector is dead: Go's heap grows to twice what lives in it, and there is a
// body that is being sent.
const memoryBound = 2*spanBudget + 16<<20

// goals judges everything that this program can.
func goals(load samples, late delays, ends outcomes) []goal {
	var all []goal
	add := func(g goal) { all = append(all, g.judged()) }
	for _, client := range hopClients() {
		hop := func(what string) string { return hopName(client.name, what) }
		cpu := func(of, to string) float64 { return spreadOf(load.ratios(of, to, sample.cpuPerRequest)).Median }
		in := " (" + client.name + ")"
		add(goal{Number: 1, What: "CPU, hop 100 % to plain" + in, Value: cpu(hop(always), plain), Must: 0.75, Aim: 0.55})
		add(goal{Number: 2, What: "CPU, hop 100 % to naive" + in, Value: cpu(hop(always), naive), Must: 0.33, Aim: 0.22})
		add(goal{Number: 3, What: "CPU, hop 100 % to untraced" + in, Value: cpu(hop(always), hop(untraced)), Must: 1.20, Aim: 1.10})
		add(goal{Number: 4, What: "CPU, hop 0.1 % to untraced" + in, Value: cpu(hop(rarely), hop(untraced)), Must: 1.05, Aim: 1.02})
		allocations := func(what string) float64 {
			return spreadOf(each(load[hop(what)], sample.allocations)).Median
		}
		// A POST has some too, which is next to nothing for each request.
		more := func(what string) float64 { return math.Round(allocations(what) - allocations(untraced)) }
		add(goal{Number: 5, What: "allocations, hop untraced" + in, Value: math.Round(allocations(untraced)), Must: 40, Aim: 30})
		add(goal{Number: 5, What: "allocations, hop 100 % less untraced" + in, Value: more(always), Must: 3, Aim: 0, Zero: true})
		add(goal{Number: 5, What: "allocations, hop 0.1 % less untraced" + in, Value: more(rarely), Must: 0, Aim: 0, Zero: true})
		add(goal{Number: 6, What: "spans that arrive" + in, Value: ends[hop(always)].percentArrived(), Unit: "%", Must: 100, Aim: 100, AtLeast: true})
		add(goal{Number: 8, What: "p99, hop 100 % to untraced" + in, Value: spreadOf(late.ratios(hop(always), hop(untraced), delay.late)).Median, Must: 1.5, Aim: 1.15})
		if _, here := ends[hop(dead)]; !here {
			continue
		}
		add(goal{Number: 9, What: "CPU, hop with dashboard and access log to without", Value: cpu(hop(logged), hop(untraced)), Must: 1.08, Aim: 1.04})
		add(goal{Number: 6, What: "spans that arrive, collector takes 100 ms", Value: ends[hop(slow)].percentArrived(), Unit: "%", Must: 100, Aim: 100, AtLeast: true})
		add(goal{Number: 6, What: "spans that arrive, collector takes 500 ms", Value: ends[hop(slower)].percentArrived(), Unit: "%", Aim: 100, AtLeast: true})
		perSecond := spreadOf(load.ratios(hop(dead), hop(always), sample.perSecond)).Median
		add(goal{Number: 7, What: "requests/s, collector dead to healthy", Value: perSecond, Must: 0.95, Aim: 0.98, AtLeast: true})
		add(goal{Number: 7, What: "spans counted as dropped, collector dead", Value: ends[hop(dead)].percentDropped(), Unit: "%", Must: 100, Aim: 100, AtLeast: true})
		add(goal{Number: 7, What: "memory, collector dead less untraced", Unit: "MiB",
			Value: mebibytes(ends[hop(dead)].peak - ends[hop(untraced)].peak), Must: mebibytes(memoryBound), Aim: mebibytes(memoryBound)})
	}
	slices.SortStableFunc(all, func(a, b goal) int { return a.Number - b.Number })
	return all
}

func mebibytes(bytes int64) float64 { return float64(bytes) / (1 << 20) }

// percentArrived is 0 if more spans arrived than there can be.
func (o outcome) percentArrived() float64 { return percent(float64(o.arrived), o.expected) }

// percentDropped is of those spans that a hop received and counted as dropped.
func (o outcome) percentDropped() float64 {
	if o.fate == nil || float64(o.fate.Received) != o.expected {
		return 0
	}
	return percent(float64(o.fate.Dropped), o.expected)
}

func percent(part, whole float64) float64 {
	if part > whole {
		return 0
	}
	return 100 * part / whole
}
