// Command faults shows that the hop keeps working while things break: six
// replicas stand behind two hops (an outgoing one, and two that share the work
// of the incoming one), all of them processes, under a steady load. One fault
// after the other is made, real ones, and a table says what callers saw.
//
//	callers -> outgoing -> incoming a, b -> replica 1 ... 6
//
// The hops classify answers as retryableRead5XX does, with the budgets and the
// failure accrual that are the default. What must hold is: no GET fails once
// accrual has seen a fault, and none at all where a replica or a hop dies or
// leaves; a POST is sent once, unless it surely never left. With -plain they
// have neither retries nor accrual: the table then shows what the faults do.
//
// After each fault the goroutines, the file descriptors and the heap of the
// hops must be where they were before it.
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
	rate   int
	scale  float64
	plain  bool
	only   string
	server string // of the hops; empty: their default
}

// run is the beginning of a hop's command line.
func (c config) run() []string {
	if c.server != "" {
		return []string{"run", "-server", c.server}
	}
	return []string{"run"}
}

func main() {
	if port, is := os.LookupEnv(roleVariable); is {
		if err := playReplica(port, os.Stdin); err != nil {
			fmt.Fprintln(os.Stderr, "replica:", err)
			os.Exit(1)
		}
		return
	}
	var c config
	flag.StringVar(&c.binary, "meshhop", "", "the `file` of the binary; default: it is built from here")
	flag.IntVar(&c.rate, "rate", 300, "requests a `second`")
	flag.Float64Var(&c.scale, "scale", 1, "how long the faults last, as a `factor`")
	flag.BoolVar(&c.plain, "plain", false, "hops without retries and failure accrual")
	flag.StringVar(&c.server, "server", "", "the hops' HTTP server, `h1` or net/http; default: the binary's")
	flag.StringVar(&c.only, "only", "", "only the faults whose name contains `text`")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	rows, err := run(ctx, c, os.Stdout)
	if err == nil {
		err = broken(rows)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		os.Exit(1)
	}
}

// errBroken means that something did not hold; the table says what.
var errBroken = errors.New("not all that must hold does")

func broken(rows []*row) error {
	for _, r := range rows {
		if len(r.broken) > 0 {
			return errBroken
		}
	}
	return nil
}

// limit bounds the whole run.
const limit = 5 * time.Minute

// run makes all faults and prints the table as it grows.
func run(ctx context.Context, c config, out io.Writer) (rows []*row, err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	s, err := newScene(ctx, c)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.measureIdle(ctx); err != nil {
		return nil, err
	}
	head(out)
	for i, f := range s.faults() {
		if !f.named(c.only) {
			continue
		}
		r, err := s.make(ctx, f, s.replicas[i%len(s.replicas)])
		if err != nil {
			return rows, fmt.Errorf("%s: %w", f.name, err)
		}
		rows = append(rows, r)
		r.print(out)
	}
	details(out, rows)
	return rows, nil
}
