package main

import (
	"fmt"
	"math"
)

// The candidates of the goals that are about the hop's own server.
const (
	binaryAlways   = "meshhop run, 100 %"
	binaryUntraced = "meshhop run, untraced"
	viaNginx       = "nginx"
	newNames       = "new names"
)

const (
	manyNames = 1000
	manyConns = 10_000
	cacheSize = 1000 // of a router, by default
	turnNames = 10 * cacheSize
)

// embedded is the name of a hop in a Go program on its own server.
func embedded(what string) string { return "own server, " + what }

var (
	onManyNames = embedded(fmt.Sprintf("%d names x %d", manyNames, manyReplicas))
	onManyConns = embedded(fmt.Sprintf("%d connections", manyConns))
	onNewNames  = embedded(newNames)
)

// ofBytes is the name of a candidate that is asked for large answers.
func ofBytes(name string, bytes int) string { return fmt.Sprintf("%s, %d KiB", name, bytes>>10) }

// figures is who takes part in those goals.
func figures() []*candidate {
	prompt := collector{name: "prompt"}
	own := func(what string, c candidate) *candidate {
		c.name, c.start, c.client, c.server, c.throughput = embedded(what), ours("hop"), "h1", ownServer, true
		return &c
	}
	all := []*candidate{
		{name: plain, start: ours("plain"), throughput: true},
		own(untraced, candidate{latency: true}),
		own(always, candidate{latency: true, collector: prompt, rate: 1}),
		{name: binaryUntraced, start: startMeshhop, throughput: true},
		{name: binaryAlways, start: startMeshhop, collector: prompt, rate: 1, throughput: true},
		{name: viaNginx, start: startNginx, program: "nginx", throughput: true, latency: true},
		{name: "haproxy", start: startHaproxy, program: "haproxy", throughput: true},
	}
	for _, n := range bigAnswers() {
		answer := mix{Bytes: n}
		all = append(all, own(untraced, candidate{mix: answer}),
			&candidate{name: ofBytes(viaNginx, n), start: startNginx, program: "nginx", throughput: true, mix: answer})
		all[len(all)-2].name = ofBytes("own server", n)
	}
	rest := []*candidate{
		own("", candidate{mix: mix{Names: manyNames, Replicas: true}}),
		own("", candidate{mix: mix{Spread: manyConns}}),
		own("", candidate{mix: mix{Names: turnNames}, anyName: true}),
	}
	rest[0].name, rest[1].name, rest[2].name = onManyNames, onManyConns, onNewNames
	return append(all, rest...)
}

// figureGoals judges what figures has measured.
func figureGoals(load samples, late, busy delays, ends outcomes, idle []idleRow) []goal {
	var all []goal
	add := func(number int, what string, value, must, aim float64) *goal {
		all = append(all, goal{Number: number, What: what, Value: value, Must: must, Aim: aim})
		return &all[len(all)-1]
	}
	cpu := func(of, to string) float64 { return spreadOf(load.ratios(of, to, sample.cpuPerRequest)).Median }
	add(10, "CPU, meshhop run 100 % to nginx", cpu(binaryAlways, viaNginx), 1.6, 1.25)
	add(10, "CPU, own server 100 % to nginx", cpu(embedded(always), viaNginx), 1.6, 1.25)
	add(11, "CPU, meshhop run untraced to nginx", cpu(binaryUntraced, viaNginx), 1.35, 1.1)
	add(11, "CPU, own server untraced to nginx", cpu(embedded(untraced), viaNginx), 1.35, 1.1)
	add(12, "CPU, own server 100 % to untraced", cpu(embedded(always), embedded(untraced)), 1.12, 1.06)
	add(12, "a span", load.microsecondsOfSpan(), 2, 1.2).Unit = "us"
	add(13, "CPU, own server 100 % to plain", cpu(embedded(always), plain), 0.45, 0.35)
	for _, what := range []string{untraced, always} {
		n := math.Round(spreadOf(each(load[embedded(what)], sample.allocations)).Median)
		add(allocationsGoal, "allocations, own server "+what, n, 8, 4)
	}
	for _, row := range idle {
		if row.Name == embedded(untraced) {
			add(15, "memory of an idle connection", floor(float64(row.Each)/1024, 3), 5, 3).Unit = "KiB"
		}
	}
	for _, n := range bigAnswers() {
		add(16, fmt.Sprintf("CPU, answers of %d KiB to nginx", n>>10), cpu(ofBytes("own server", n), ofBytes(viaNginx, n)), 1.1, 1)
	}
	for when, delays := range map[string]delays{"": late, " at 70 %": busy} {
		for _, to := range []struct {
			name      string
			must, aim float64
		}{{embedded(untraced), 1.15, 1.05}, {viaNginx, 1.3, 1.1}} {
			ratios := delays.ratios(embedded(always), to.name, delay.late)
			g := add(17, fmt.Sprintf("p99%s, own server 100 %% to %s", when, to.name), spreadOf(ratios).Median, to.must, to.aim)
			g.Lower = intervalAt(ratios, 0.9).Lower
		}
	}
	add(18, fmt.Sprintf("CPU, %d names x %d to one", manyNames, manyReplicas), cpu(onManyNames, embedded(untraced)), 1.15, 1.05)
	add(18, fmt.Sprintf("CPU, %d connections to 64", manyConns), cpu(onManyConns, embedded(untraced)), 1.15, 1.05)
	add(19, "CPU, a new name to a known one", cpu(onNewNames, embedded(untraced)), 3, 2)
	arrived := add(spansGoal, "spans that arrive, own server", ends[embedded(always)].percentArrived(), 100, 100)
	arrived.Unit, arrived.AtLeast = "%", true
	var measured []goal
	for _, g := range all {
		if g.Value != 0 { // what it is compared with is installed
			measured = append(measured, g.judged())
		}
	}
	return measured
}

// The goals that do not depend on how busy the machine is.
const (
	allocationsGoal = 14
	spansGoal       = 20
)

// microsecondsOfSpan is what one of the two spans of a request costs.
func (s samples) microsecondsOfSpan() float64 {
	with, without := s[embedded(always)], s[embedded(untraced)]
	var all []float64
	for i := range min(len(with), len(without)) {
		all = append(all, (with[i].cpuPerRequest()-without[i].cpuPerRequest())/2)
	}
	return spreadOf(all).Median
}
