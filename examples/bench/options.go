package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"time"
)

// options are the flags.
type options struct {
	rounds      int
	window      time.Duration
	connections int
	rate        int
	json        bool
	before      string // path of a binary; empty: nothing is compared
	onlyBefore  bool   // the other candidates are left out

	onlySampling  bool // the hop at several rates, and with what is kept
	onlyDashboard bool // the hop with what is told of its requests, and without
	onlyFigures   bool // what the goals of the hop's own server need

	goals bool // missed ones are an error
	ci    bool // those that do not depend on the machine are

	idleConns int           // connections whose memory is measured
	idleTime  time.Duration // for which they rest
}

// What -only may say.
const (
	onlyBefore    = "before"
	onlySampling  = "sampling"
	onlyDashboard = "dashboard"
	onlyFigures   = "figures"
)

// errUsage means that the flags are wrong and that it was said.
var errUsage = errors.New("usage")

func parseOptions(args []string, to io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(to)
	flags.IntVar(&o.rounds, "rounds", 8, "how often each candidate is measured")
	flags.DurationVar(&o.window, "window", 2*time.Second, "for how long each time")
	flags.IntVar(&o.connections, "connections", 64, "of the load generator to a candidate")
	flags.IntVar(&o.rate, "rate", 1000, "requests a second where latency is measured")
	flags.BoolVar(&o.json, "json", false, "print JSON")
	flags.StringVar(&o.before, "before", "", "path of a meshhop built from an earlier commit: compare the present one with it")
	only := flags.String("only", "", `"before": leave out what -before does not need; "sampling": what each rate of sampling costs, and keeping what was not sampled; "dashboard": what the dashboard and the access log cost; "figures": the goals of the hop's own server`)
	flags.BoolVar(&o.goals, "goals", false, "fail if a goal is missed")
	flags.BoolVar(&o.ci, "ci", false, "two minutes: -only figures with short windows; fail only if a goal of allocations or of spans is missed")
	quick := flags.Bool("quick", false, "see in twenty seconds that everything works: -rounds 2 -window 150ms")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return o, err
		}
		return o, errUsage
	}
	o.idleConns, o.idleTime = manyConns, 30*time.Second
	if *quick {
		o.rounds, o.window, o.idleConns, o.idleTime = 2, 150*time.Millisecond, 100, 100*time.Millisecond
	}
	if o.ci {
		*only, o.rounds, o.window, o.idleConns, o.idleTime = onlyFigures, 6, 250*time.Millisecond, 2000, 5*time.Second
	}
	o.onlyFigures = *only == onlyFigures
	o.onlyBefore, o.onlySampling, o.onlyDashboard = *only == onlyBefore, *only == onlySampling, *only == onlyDashboard
	var executable error
	if o.before != "" {
		// What is named without a slash is a file here, not a command of $PATH.
		if o.before, executable = filepath.Abs(o.before); executable == nil {
			_, executable = exec.LookPath(o.before)
		}
	}
	for _, check := range []struct {
		ok   bool
		what string
	}{
		{flags.NArg() == 0, "there are no arguments, only flags"},
		{o.rounds >= 1 && o.rounds <= 1000, "-rounds is 1 to 1000"},
		{o.window >= 10*time.Millisecond && o.window <= time.Minute, "-window is 10ms to 1m"},
		{o.connections >= 1 && o.connections <= 1000, "-connections is 1 to 1000"},
		{o.rate >= 1 && o.rate <= 100_000, "-rate is 1 to 100000"},
		{executable == nil, fmt.Sprintf("-before is the path of an executable (a relative one begins where this program runs, with go run -C in its directory): %v", executable)},
		{*only == "" || o.onlyBefore || o.hopAlone() || o.onlyFigures, fmt.Sprintf("-only is %q, %q, %q, %q or nothing", onlyBefore, onlySampling, onlyDashboard, onlyFigures)},
		{!o.hopAlone() && !o.onlyFigures || o.before == "", fmt.Sprintf("-only %s compares no binaries: leave out -before", *only)},
		{!o.onlyBefore || o.before != "", "-only before needs -before"},
	} {
		if !check.ok {
			fmt.Fprintln(to, check.what)
			return o, errUsage
		}
	}
	return o, nil
}

func (o options) figures() bool { return o.onlyFigures }

// asserted reports whether a goal that is missed is an error.
func (o options) asserted(g goal) bool {
	return o.goals || o.ci && (g.Number == allocationsGoal || g.Number == spansGoal)
}

// hopAlone reports whether only forms of the hop are compared, with the first of them.
func (o options) hopAlone() bool { return o.onlySampling || o.onlyDashboard }
