// Command bench measures what the hop costs, beside other proxies on the same
// machine at the same time.
//
//	go run -C examples/bench .            # seven minutes
//	go run -C examples/bench . -quick     # twenty seconds: does it work?
//	go run -C examples/bench . -json
//	go run -C examples/bench . -only figures -goals -rounds 32 -window 500ms # the hop's own server
//	go run -C examples/bench . -ci        # the same in two minutes
//
//	# two minutes: is it worse than the binary of an earlier commit?
//	go run -C examples/bench . -before /tmp/before -only before -rounds 32 -window 500ms
//
// It starts a backend, a collector of spans, a load generator and the
// candidates, each as a process of its own on loopback, all alive all the time:
//
//	plain        httputil.ReverseProxy over a tuned http.Transport
//	naive        the same in otelhttp, with OpenTelemetry's SDK, its batch span
//	             processor and its Zipkin exporter, as their manuals say
//	hop          a proxy.Handler in a Go program, with each HTTP client that a
//	             router can have: untraced, 0.1 % and 100 % sampled; and with
//	             collectors that are slow or dead
//	meshhop run  the binary, with a configuration file
//	nginx, haproxy, where they are installed; untraced
//
// The backend is nginx, too, where it is installed: it takes little of the cores
// that the candidates do not have. A backend that is busy most of the time need not
// be woken for each request, but the more often the slower the candidate is, and it
// is the candidate that pays for waking it.
//
// A round loads each candidate for one window, in an order drawn anew. The
// candidates share one core and everything else has the others. What counts is
// the CPU time that the kernel says a candidate took for a request, and of that
// only the ratios to other candidates in the same round: such a machine moves by
// a third between minutes. Close other programs first; where that can not be,
// -rounds 32 -window 500ms takes as long and compares what was measured closer
// together.
//
// Then come latency at a fixed rate, and what became of all spans: each candidate
// is told to stop the moment that its last load ends, and the collector must have
// got two for every request that was answered. The end is the project's goals and
// whether this run reached them.
//
// With -before a meshhop that was built from an earlier commit runs as one more
// candidate, "before", with the file, the rate and the load of "meshhop run", and
// the present binary runs once more, "again". The report then has the ratios of
// now to before for CPU time, p50 and p99 at the fixed rate and the memory that is
// resident at the end of a window, each the median of the rounds' ratios with its
// interval. Beside them stand those of now to again, which would be 1 without
// noise: the noise of a row is how far from 1 its interval reaches. The last lines
// say whether a row is worse by more than 2 % plus that noise. -only before leaves
// all other candidates out. Build the earlier binary as the present one is built,
// with go build and the same toolchain; the report says if it was not. One process
// of each is compared, and where its memory happens to lie is not among what the
// intervals show: a verdict that is close is worth a second run.
//
// It runs on Linux only, whose CPU clocks it reads.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	if name := os.Getenv(roleVariable); name != "" {
		os.Exit(play(name, os.Stdin, os.Stdout))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	err := command(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// command is the program. Without -goals or -ci a goal that is missed is a line of the
// report, not an error: one run on a busy machine proves little.
func command(ctx context.Context, args []string, out, progress io.Writer) error {
	o, err := parseOptions(args, progress)
	if err != nil {
		return err
	}
	r, err := measure(ctx, o, progress)
	if err != nil {
		if ctx.Err() != nil {
			return errors.New("interrupted")
		}
		return err
	}
	if o.json {
		indented := json.NewEncoder(out)
		indented.SetIndent("", "  ")
		err = indented.Encode(r)
	} else {
		err = r.print(out)
	}
	return errors.Join(err, missedGoals(r.Goals, o.asserted))
}
