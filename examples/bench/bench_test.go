package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) {
	if name := os.Getenv(roleVariable); name != "" {
		os.Exit(play(name, os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

func needs(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a dozen processes")
	}
	if err := kernelReadable(); err != nil {
		t.Skip(err)
	}
}

// noChildren fails if a process is left.
func noChildren(t *testing.T) {
	t.Helper()
	if pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil); !errors.Is(err, unix.ECHILD) {
		t.Errorf("a process is left: wait4 says %d, %v", pid, err)
	}
}

// A quick run measures every candidate. Its times mean nothing, but every span
// arrives, however busy the machine is.
func TestQuick(t *testing.T) {
	needs(t)
	var out bytes.Buffer
	if err := command(t.Context(), []string{"-quick", "-json"}, &out, t.Output()); err != nil {
		t.Fatal(err)
	}
	noChildren(t)
	var r report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if err := r.print(t.Output()); err != nil {
		t.Fatal(err)
	}
	spans, clients := map[string]spanRow{}, len(hopClients())
	for _, row := range r.Spans {
		spans[row.Name] = row
	}
	if want := 10 + 3*clients; len(spans)+len(r.Skipped) != want {
		t.Errorf("%d candidates and %d skipped, want %d", len(spans), len(r.Skipped), want)
	}
	for _, row := range r.Throughput {
		if row.CPUMicroseconds.Median <= 0 || row.ToPlain.Median <= 0 || row.ToNaive.Median <= 0 || row.PerSecond.Median <= 0 || row.Busy.Median <= 0 {
			t.Errorf("%+v", row)
		}
		if spans[row.Name].PeakBytes <= 0 {
			t.Errorf("%s took no memory", row.Name)
		}
	}
	if want := 2 + 2*clients; len(r.Latency) != want {
		t.Errorf("%d rows of latency, want %d", len(r.Latency), want)
	}
	for _, row := range r.Latency {
		if row.P50.Median <= 0 || row.P99.Median < row.P50.Median {
			t.Errorf("%+v", row)
		}
	}
	for _, client := range hopClients() {
		row := spans[hopName(client.name, always)]
		if row.Requests == 0 || row.Arrived != uint64(2*row.Requests) || *row.Own != (fate{row.Arrived, row.Arrived, 0}) {
			t.Errorf("%+v: not all spans arrived, or not as counted: %+v", row, row.Own)
		}
		lost, found := spans[hopName(client.name, dead)]
		if want := uint64(2 * lost.Requests); found && (*lost.Own != fate{want, 0, want}) {
			t.Errorf("%+v: not all spans were counted as dropped: %+v", lost, lost.Own)
		}
	}
	if want := 6 + 9*clients; len(r.Goals) != want {
		t.Errorf("%d goals, want %d", len(r.Goals), want)
	}
}

// The goals of the hop's own server have what they need. Their values mean nothing here, but
// for the spans.
func TestFigures(t *testing.T) {
	needs(t)
	var out bytes.Buffer
	if err := command(t.Context(), []string{"-quick", "-only", "figures", "-json"}, &out, t.Output()); err != nil {
		t.Fatal(err)
	}
	noChildren(t)
	var r report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if err := r.print(t.Output()); err != nil {
		t.Fatal(err)
	}
	if want := 14 - len(r.Skipped); len(r.Throughput) != want {
		t.Errorf("%d candidates under load, want %d", len(r.Throughput), want)
	}
	for _, row := range r.Throughput {
		if row.CPUMicroseconds.Median <= 0 || row.PerSecond.Median <= 0 {
			t.Errorf("%+v", row)
		}
	}
	for _, rows := range [][]latencyRow{r.Latency, r.Saturated} {
		if len(rows) < 2 {
			t.Errorf("rows of latency: %+v", rows)
		}
	}
	if len(r.Idle) == 0 || r.Idle[0].Connections != 100 {
		t.Errorf("idle: %+v", r.Idle)
	}
	for _, g := range r.Goals {
		if g.Number == spansGoal && g.Verdict != aimReached {
			t.Errorf("%+v", g)
		}
	}
	if len(r.Skipped) == 0 && len(r.Goals) != 20 {
		t.Errorf("%d goals: %+v", len(r.Goals), r.Goals)
	}
}

// Beside the same binary built once more, all three are measured and compared,
// and nothing else is. The verdict of so short a run means nothing.
func TestBefore(t *testing.T) {
	needs(t)
	before, err := buildMeshhop(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := command(t.Context(), []string{"-before", before, "-only", "before", "-rounds", "2", "-window", "100ms", "-json"}, &out, t.Output()); err != nil {
		t.Fatal(err)
	}
	noChildren(t)
	var r report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if err := r.print(t.Output()); err != nil {
		t.Fatal(err)
	}
	const name = "meshhop run, 100 %"
	want := []string{name, name + ", before", name + ", again"}
	var load, late, spans []string
	for _, row := range r.Throughput {
		load = append(load, row.Name)
	}
	for _, row := range r.Latency {
		late = append(late, row.Name)
	}
	for _, row := range r.Spans {
		spans = append(spans, row.Name)
		if row.Requests == 0 || row.Arrived != uint64(2*row.Requests) {
			t.Errorf("%+v: not all spans arrived", row)
		}
	}
	for _, got := range [][]string{load, late, spans} {
		if !slices.Equal(got, want) {
			t.Errorf("%q were measured, want %q", got, want)
		}
	}
	if len(r.Goals) != 0 {
		t.Errorf("%d goals of candidates that are left out", len(r.Goals))
	}
	if r.Before == nil || len(r.Before.Rows) != 4 || r.Before.Rounds != 2 || r.Before.Binary != before || len(r.Before.BuiltOtherwise) != 0 {
		t.Fatalf("the comparison is %+v", r.Before)
	}
	for _, row := range r.Before.Rows {
		for _, ratio := range []interval{row.ToBefore, row.ToAgain} {
			if ratio.Lower <= 0 || ratio.Median < ratio.Lower || ratio.Upper < ratio.Median {
				t.Errorf("%+v", row)
			}
		}
		if row.Before.Median <= 0 || row.Now.Median <= 0 || row.AtMost <= 1+tolerance {
			t.Errorf("%+v", row)
		}
	}
}

// Ctrl-C ends the run and everything that it started.
func TestInterrupt(t *testing.T) {
	needs(t)
	ctx, interrupt := context.WithCancel(t.Context())
	seen := writer(func(b []byte) {
		if strings.HasPrefix(string(b), "warming up") {
			time.AfterFunc(300*time.Millisecond, interrupt) // amid the first window, or the second
		}
	})
	err := command(ctx, []string{"-window", "30s"}, io.Discard, seen)
	if err == nil || err.Error() != "interrupted" {
		t.Errorf("error %v", err)
	}
	noChildren(t)
}

type writer func([]byte)

func (w writer) Write(b []byte) (int, error) {
	w(b)
	return len(b), nil
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{{"-nope"}, {"more"}, {"-rounds", "0"}, {"-window", "1h"}, {"-connections", "0"}, {"-rate", "0"},
		{"-before", "nowhere"}, {"-before", "go.mod"}, {"-only", "before"}, {"-only", "plain"}} {
		var said strings.Builder
		if err := command(t.Context(), args, io.Discard, &said); !errors.Is(err, errUsage) || said.Len() == 0 {
			t.Errorf("%v: %v, and it said %q", args, err, &said)
		}
	}
}
