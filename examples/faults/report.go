package main

import (
	"fmt"
	"io"
	"time"
)

const columns = "%-32s %5s %6s %5s  %5s %6s %5s  %7s %5s  %7s %7s %7s  %-12s %s\n"

func head(out io.Writer) {
	fmt.Fprintf(out, columns, "", "GETs", "failed", "late", "POSTs", "failed", "twice", "retried", "again", "p99", "slowest", "stall", "left at idle", "holds")
}

func (r *row) print(out io.Writer) {
	holds := "yes"
	if len(r.broken) > 0 {
		holds = "NO"
	}
	fmt.Fprintf(out, columns, r.fault.name, count(r.gets), count(r.getsFailed), count(r.getsLate), count(r.posts), count(r.postsFailed), count(r.twice),
		count(r.retried), count(r.again), short(r.p99), short(r.slowest), short(r.stall), r.left, holds)
}

// details say what does not hold, and why requests failed.
func details(out io.Writer, rows []*row) {
	for _, r := range rows {
		reasons := r.mostFrequent()
		if len(r.broken)+len(reasons) == 0 {
			continue
		}
		fmt.Fprintf(out, "\n%s\n", r.fault.name)
		for _, text := range r.broken {
			fmt.Fprintf(out, "  DOES NOT HOLD: %s\n", text)
		}
		for i, text := range reasons {
			if i == maxReasons {
				fmt.Fprintf(out, "  and %d more\n", len(reasons)-i)
				break
			}
			fmt.Fprintf(out, "  %s\n", text)
		}
	}
}

// maxReasons bounds what is printed for one fault.
const maxReasons = 5

func count(n int) string { return fmt.Sprint(n) }

func short(d time.Duration) string {
	return fmt.Sprintf("%.0f ms", float64(d)/float64(time.Millisecond))
}

func (l level) String() string {
	return fmt.Sprintf("%+d %+d %+.1f", max(l.goroutines, 0), max(l.descriptors, 0), max(l.heap, 0))
}
