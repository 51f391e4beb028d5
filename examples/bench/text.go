package main

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// print writes the report as text.
func (r *report) print(out io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s, %d cores; %s; the backend is %s\n", r.Machine.OS, r.Machine.Go, r.Machine.Cores, r.Machine.pinning(), r.Machine.Backend)
	fmt.Fprintf(&b, "%d rounds, windows of %v s, %d connections, answers of %d bytes; median (quartiles)\n",
		r.Rounds, r.WindowSeconds, r.Connections, r.AnswerBytes)
	for _, line := range r.Skipped {
		fmt.Fprintln(&b, line)
	}

	base := "x plain"
	if r.Throughput[0].Name != plain {
		base = "x first"
	}
	t := table{{"full load", "CPU us/request", base, "x naive", "requests/s", "allocations", "busy"}}
	for _, row := range r.Throughput {
		t.add(row.Name, row.CPUMicroseconds.text("%.1f"), row.ToPlain.ratio(), row.ToNaive.ratio(),
			row.PerSecond.text("%.0f"), row.allocations(), fmt.Sprintf("%.0f %%", 100*row.Busy.Median))
	}
	t.print(&b)
	if first := r.Throughput[0]; first.held() {
		fmt.Fprintf(&b, "\n%s had less than %.0f %% of its core: other programs took it, or the load did not suffice.\n"+
			"Run this on a quiet machine before you believe it.\n", first.Name, 100*busyEnough)
	}

	t = table{{fmt.Sprintf("at %d requests/s", r.Rate), "p50 us", "p99 us"}}
	for _, row := range r.Latency {
		t.add(row.Name, row.P50.text("%.0f"), row.P99.text("%.0f"))
	}
	t.print(&b)

	if len(r.Saturated) > 0 {
		t = table{{fmt.Sprintf("at %.0f %% of full load", 100*saturation), "p50 us", "p99 us"}}
		for _, row := range r.Saturated {
			t.add(row.Name, row.P50.text("%.0f"), row.P99.text("%.0f"))
		}
		t.print(&b)
	}
	if len(r.Idle) > 0 {
		t = table{{"idle", "connections", "bytes each"}}
		for _, row := range r.Idle {
			t.add(row.Name, fmt.Sprint(row.Connections), fmt.Sprint(row.Each))
		}
		t.print(&b)
	}

	t = table{{"spans", "requests", "expected", "arrived", "", "dropped", "peak MiB"}}
	for _, row := range r.Spans {
		t.add(row.texts()...)
	}
	t.print(&b)

	if len(r.Goals) > 0 {
		t = table{{"goal", "here", "must", "aim", "reached"}}
		for _, g := range r.Goals {
			t.add(g.texts()...)
		}
		t.print(&b)
	}
	if r.Before != nil {
		r.Before.print(&b)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// busyEnough is how busy a candidate should be that nothing holds back.
const busyEnough = 0.8

func (r throughputRow) held() bool { return r.Busy.Median < busyEnough }

func (m machine) pinning() string {
	if len(m.CandidateCores) == 0 {
		return "nothing is pinned"
	}
	return fmt.Sprintf("candidates on core %s, load, backend and collector on %s", list(m.CandidateCores), list(m.OtherCores))
}

func list(numbers []int) string { return strings.Trim(fmt.Sprint(numbers), "[]") }

// text is the median with the quartiles after it, each in format.
func (s spread) text(format string) string {
	return fmt.Sprintf(format+" ("+format+"-"+format+")", s.Median, s.Lower, s.Upper)
}

// ratio is the text of a ratio; empty if there was nothing to compare with.
func (s spread) ratio() string {
	if s == (spread{}) {
		return ""
	}
	return s.text("%.2f")
}

// allocations are those of a request.
func (r throughputRow) allocations() string {
	if r.Allocations.Median == 0 {
		return "" // the program does not tell
	}
	return fmt.Sprintf("%.1f", r.Allocations.Median)
}

func (s spanRow) texts() []string {
	peak := fmt.Sprintf("%.0f", mebibytes(s.PeakBytes))
	if s.Collector == "" {
		return []string{s.Name, fmt.Sprint(s.Requests), "", "", "", "", peak}
	}
	about, dropped := "~", "" // which traces are sampled is chance
	share := ""
	if s.Rate == 1 {
		about, share = "", fmt.Sprintf("%v %%", floor(100*float64(s.Arrived)/s.Expected, 2))
	}
	if s.Own != nil {
		dropped = fmt.Sprint(s.Own.Dropped)
	}
	return []string{
		s.Name, fmt.Sprint(s.Requests), fmt.Sprintf("%s%.0f", about, s.Expected), fmt.Sprint(s.Arrived),
		share, dropped, peak,
	}
}

func (g goal) texts() []string {
	// What misses a goal by little must not look as if it did not.
	sign, unit, value := "<=", "", -floor(-g.Value, 2)
	if g.AtLeast {
		sign, value = ">=", floor(g.Value, 2)
	}
	if g.Unit != "" {
		unit = " " + g.Unit
	}
	bound := func(b float64) string {
		if b == 0 && !g.Zero {
			return "-"
		}
		return fmt.Sprintf("%s %v%s", sign, b, unit)
	}
	return []string{
		fmt.Sprintf("%d  %s", g.Number, g.What), fmt.Sprintf("%v%s", value, unit),
		bound(g.Must), bound(g.Aim), string(g.Verdict),
	}
}

// floor cuts off digits.
func floor(value float64, digits int) float64 {
	shift := math.Pow10(digits)
	return math.Floor(value*shift) / shift
}
