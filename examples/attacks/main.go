// Command attacks does to the hop what somebody hostile would do, and to Go's
// httputil.ReverseProxy and to nginx and haproxy, where they are installed, for
// comparison. Every proxy is a process of its own, on loopback only; every attack
// is bounded in number, bytes and time, and prints a table and what does not hold.
//
// An attack is a file, or a few whose names begin with its own: it fills in an
// attack and stands in the list of attacks.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// config is the command line.
type config struct {
	binary string
	window time.Duration
	rounds int
	only   string
	fronts string
	full   bool
	server string // of the hop; empty: its default
}

// run is the beginning of the hop's command line.
func (c config) run(flags ...string) []string {
	if c.server != "" {
		flags = append([]string{"-server", c.server}, flags...)
	}
	return append([]string{"run"}, flags...)
}

func main() {
	if role := os.Getenv(roleVariable); role != "" {
		os.Exit(play(role))
	}
	var c config
	flag.StringVar(&c.binary, "meshhop", "", "the `file` of the binary; default: it is built from here")
	flag.DurationVar(&c.window, "window", 3*time.Second, "how long each measurement takes")
	flag.IntVar(&c.rounds, "rounds", 3, "how often each is made; they are summed")
	flag.StringVar(&c.only, "only", "", "only the attacks whose name contains `text`")
	flag.StringVar(&c.fronts, "fronts", "", "only the proxies of these `names`, separated by commas")
	flag.StringVar(&c.server, "server", "", "the hop's HTTP server, `h1` or net/http; default: the binary's")
	flag.BoolVar(&c.full, "full", false, "the long forms of those that have one")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	broken, err := run(ctx, c, os.Stdout)
	if err == nil && len(broken) > 0 {
		err = errBroken
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "attacks:", err)
		os.Exit(1)
	}
}

// errBroken means that something did not hold; the tables say what.
var errBroken = errors.New("not all that must hold does")

// limit bounds the whole run.
const limit = 30 * time.Minute

// run makes all attacks, prints their tables, and returns what must hold and does
// not.
func run(ctx context.Context, c config, out io.Writer) (broken []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	s, err := newScene(ctx, c)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	for _, a := range attacks() {
		if !a.named(c.only) {
			continue
		}
		fmt.Fprintf(out, "%s: %s\n\n", a.name, a.about)
		not, err := a.make(ctx, s, out)
		if err != nil {
			return broken, fmt.Errorf("%s: %w", a.name, err)
		}
		fmt.Fprintln(out)
		for _, text := range not {
			fmt.Fprintf(out, "DOES NOT HOLD: %s\n", text)
			broken = append(broken, a.name+": "+text)
		}
	}
	return broken, nil
}
