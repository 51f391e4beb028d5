package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// candidate is a proxy that is measured. Its name is what it is known by.
type candidate struct {
	name      string
	start     func(context.Context, site) (*process, string, error)
	program   string // that has to be installed for it
	client    string // of a hop
	collector collector
	rate      float64 // of traces that are sampled
	logs      bool    // it writes a line of JSON for each request
	server    string  // who serves one of ours: see job
	mix       mix     // what it is asked for
	anyName   bool    // see job
	dashboard bool    // it has one, which takes each request and samples the counters
	keeps     bool    // it holds what is not sampled, in case it is to be kept

	throughput bool // it is in the rounds
	latency    bool // and in those at a fixed rate
	binary     bool // it is meshhop's, which -before compares

	// Since it was started:

	process  *process
	site     site
	addr     string
	requests int // answered
}

// candidates is who takes part.
func (o options) candidates() []*candidate {
	if o.onlySampling {
		return curve()
	}
	if o.figures() {
		return figures()
	}
	if o.onlyDashboard {
		return watched()
	}
	all := lineup()
	if o.before != "" {
		all = withTwins(all, o.before)
	}
	if o.onlyBefore {
		all = slices.DeleteFunc(all, func(c *candidate) bool { return !c.binary })
	}
	return all
}

// mallocs is how often the candidate has allocated; 0 for a program that does not
// tell.
func (c *candidate) mallocs(ctx context.Context) (n uint64, err error) {
	if c.process.own {
		err = c.process.ask(ctx, "mallocs", &n)
	}
	return n, err
}

// collector is where a candidate's spans go; without a name there are none.
type collector struct {
	name  string
	delay time.Duration // of each POST
	dead  bool
}

// grace is how long a candidate may take to send its last spans.
func (c collector) grace() time.Duration {
	if c.dead {
		return 2 * time.Second
	}
	return 30 * time.Second
}

const (
	plain    = "plain"
	naive    = "naive, 100 %"
	untraced = "untraced"
	logged   = "untraced, dashboard, access log"
	rarely   = "0.1 %"
	always   = "100 %"
	slow     = "100 %, collector takes 100 ms"
	slower   = "100 %, collector takes 500 ms"
	dead     = "100 %, collector is dead"
)

// hopName is the name of the hop with a client.
func hopName(client, what string) string { return "hop (" + client + "), " + what }

// lineup is everything that can be measured, in the order of the report.
func lineup() []*candidate {
	prompt := collector{name: "prompt"}
	slowly := collector{name: "100 ms", delay: 100 * time.Millisecond}
	all := []*candidate{
		{name: plain, start: ours("plain"), throughput: true, latency: true},
		{name: naive, start: ours("naive"), collector: prompt, rate: 1, throughput: true, latency: true},
		{name: "naive, " + slow, start: ours("naive"), collector: slowly, rate: 1, throughput: true},
	}
	var last string
	for _, client := range hopClients() {
		last = client.name
		all = append(all,
			&candidate{name: hopName(last, untraced), start: ours("hop"), client: last, throughput: true, latency: true},
			&candidate{name: hopName(last, rarely), start: ours("hop"), client: last, collector: prompt, rate: 0.001, throughput: true},
			&candidate{name: hopName(last, always), start: ours("hop"), client: last, collector: prompt, rate: 1, throughput: true, latency: true},
		)
	}
	return append(all,
		&candidate{name: hopName(last, logged), start: ours("hop"), client: last, logs: true, dashboard: true, throughput: true},
		&candidate{name: hopName(last, slow), start: ours("hop"), client: last, collector: slowly, rate: 1, throughput: true},
		&candidate{name: hopName(last, slower), start: ours("hop"), client: last, rate: 1,
			collector: collector{name: "500 ms", delay: 500 * time.Millisecond}},
		&candidate{name: hopName(last, dead), start: ours("hop"), client: last, rate: 1, throughput: true,
			collector: collector{name: "dead", dead: true}},
		&candidate{name: "meshhop run, 100 %", start: startMeshhop, collector: prompt, rate: 1, throughput: true, binary: true},
		&candidate{name: "nginx", start: startNginx, program: "nginx", throughput: true},
		&candidate{name: "haproxy", start: startHaproxy, program: "haproxy", throughput: true},
	)
}

// curve is the hop with its own client, from no tracing to all of it.
func curve() (all []*candidate) {
	client := hopClients()[len(hopClients())-1].name
	add := func(what string, rate float64, keeps bool) {
		c := &candidate{name: hopName(client, what), start: ours("hop"), client: client, rate: rate, keeps: keeps, throughput: true, latency: true}
		if what != untraced {
			c.collector = collector{name: "prompt"}
		}
		all = append(all, c)
	}
	add(untraced, 0, false)
	for _, rate := range []float64{0, 0.001, 0.01, 0.1, 1} {
		add(fmt.Sprintf("%v %%", 100*rate), rate, false)
	}
	add("0 %, keep", 0, true)
	return all
}

// watched is the hop with its own client, untraced: twice as it is, which shows the noise,
// and with those who want to know of each request.
func watched() []*candidate {
	client := hopClients()[len(hopClients())-1].name
	hop := func(what string, dashboard, logs bool) *candidate {
		return &candidate{name: hopName(client, what), start: ours("hop"), client: client, dashboard: dashboard, logs: logs, throughput: true}
	}
	return []*candidate{
		hop(untraced, false, false),
		hop(untraced+", again", false, false),
		hop(untraced+", dashboard", true, false),
		hop(untraced+", access log", false, true),
		hop(logged, true, true),
	}
}

// ours starts this program as a candidate.
func ours(role string) func(context.Context, site) (*process, string, error) {
	return func(ctx context.Context, s site) (*process, string, error) {
		var addr string
		p, err := startOwn(ctx, role, s.on, s.job, &addr)
		return p, addr, err
	}
}
