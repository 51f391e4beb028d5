package histogram_test

import (
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/meshhop/meshhop/internal/histogram"
)

// quantiles are those that Linkerd shows: min, p50, p90, p95, p99, p9990, p9999, max.
var quantiles = []float64{0, 0.5, 0.9, 0.95, 0.99, 0.999, 0.9999, 1}

// TestVectors holds quantiles to those of Finagle, within the width of its bucket, which
// is 1 ms or 1 %, and of ours.
func TestVectors(t *testing.T) {
	upTo1000 := make([]float64, 1000)
	for i := range upTo1000 {
		upTo1000[i] = float64(i + 1)
	}
	mostly10 := make([]float64, 100)
	for i := range mostly10 {
		mostly10[i] = 10
	}
	mostly10[98], mostly10[99] = 1000, 5000
	for _, row := range []struct {
		vector string
		ms     []float64
		want   []float64 // by quantiles
		sum    float64
	}{
		{"321", []float64{100}, []float64{100, 100, 100, 100, 100, 100, 100, 100}, 100},
		{"321", []float64{150}, []float64{150, 150, 150, 150, 150, 150, 150, 150}, 150},
		{"321", []float64{200}, []float64{201, 201, 201, 201, 201, 201, 201, 201}, 200},
		{"321", []float64{500}, []float64{500, 500, 500, 500, 500, 500, 500, 500}, 500},
		{"321", []float64{1000}, []float64{1003, 1003, 1003, 1003, 1003, 1003, 1003, 1003}, 1000},
		{"321", []float64{5000}, []float64{4977, 4977, 4977, 4977, 4977, 4977, 4977, 4977}, 5000},
		{"321", []float64{123456}, []float64{123807, 123807, 123807, 123807, 123807, 123807, 123807, 123807}, 123456},
		{"322", upTo1000, []float64{1, 500, 899, 954, 993, 1003, 1003, 1003}, 500500},
		{"323", mostly10, []float64{10, 10, 10, 10, 1003, 4977, 4977, 4977}, 6980},
		{"324", []float64{0.9}, []float64{0, 0, 0, 0, 0, 0, 0, 0}, 0.9},
		{"324", []float64{-3}, []float64{0, 0, 0, 0, 0, 0, 0, 0}, 0},
		{"324", []float64{3e9}, []float64{2147483647, 2147483647, 2147483647, 2147483647, 2147483647, 2147483647, 2147483647, 2147483647}, 2147483647},
		{"325", nil, []float64{0, 0, 0, 0, 0, 0, 0, 0}, 0},
	} {
		t.Run(fmt.Sprintf("vector %s: %d values", row.vector, len(row.ms)), func(t *testing.T) {
			var h histogram.Histogram
			for _, ms := range row.ms {
				h.Record(time.Second, time.Duration(ms*float64(time.Millisecond)))
			}
			got := h.Read(time.Second)
			if diff := cmp.Diff(got.Recent, got.All); diff != "" {
				t.Errorf("the last minute, and all: %s", diff)
			}
			if n := got.All.Count(); n != uint64(len(row.ms)) || got.All.Sum != row.sum*1e6 {
				t.Errorf("%d values, sum %v ns", n, got.All.Sum)
			}
			for i, share := range quantiles {
				ms, want := float64(got.All.Quantile(share).Milliseconds()), row.want[i]
				if off := math.Abs(ms - want); off > max(1, want*(0.01/2+1./64)) {
					t.Errorf("quantile %v is %v ms, Finagle's %v", share, ms, want)
				}
			}
		})
	}
}

// TestMidpoints: no duration is more than half a bucket away from what it is shown as.
func TestMidpoints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		took := time.Duration(rapid.Int64Range(0, int64((1<<31-1)*time.Millisecond)).Draw(t, "took") >> rapid.IntRange(0, 60).Draw(t, "shift"))
		var h histogram.Histogram
		h.Record(0, took)
		got := h.Read(0).All.Quantile(0.5)
		if off := (got - took).Abs(); off > max(time.Microsecond, took/64+1) {
			t.Errorf("%v is shown as %v", took, got)
		}
	})
}

// TestLastMinute: what is shown as the last minute is from the last 50 to 60 s, and all
// of it; nothing is lost of what there was in all.
func TestLastMinute(t *testing.T) {
	var h histogram.Histogram
	record := func(at time.Duration) { h.Record(at, time.Millisecond) }
	for _, row := range []struct {
		at          time.Duration
		recent, all uint64
	}{
		{0, 0, 0},
		{9 * time.Second, 2, 2},
		{55 * time.Second, 3, 3},
		{59999 * time.Millisecond, 3, 3},
		{60 * time.Second, 1, 3}, // the slice from 0 to 10 s has left
		{119 * time.Second, 0, 3},
		{time.Hour, 0, 3},
		{2 * time.Hour, 1, 4},
		{2*time.Hour + 59*time.Second, 1, 4},
		{2*time.Hour + 61*time.Second, 0, 4},
	} {
		switch row.at {
		case 9 * time.Second:
			record(time.Second)
			record(9 * time.Second)
		case 55 * time.Second:
			record(51 * time.Second)
		case 2 * time.Hour:
			record(2 * time.Hour)
		}
		got := h.Read(row.at)
		if recent, all := got.Recent.Count(), got.All.Count(); recent != row.recent || all != row.all {
			t.Errorf("after %v: %d in the last minute and %d in all, want %d and %d", row.at, recent, all, row.recent, row.all)
		}
		if want := float64(row.recent * 1e6); got.Recent.Sum != want {
			t.Errorf("after %v: the sum of the last minute is %v, want %v", row.at, got.Recent.Sum, want)
		}
	}
}

// TestSlicesOfItsOwn: slices turn by what is recorded, too, so that nobody need look.
func TestSlicesOfItsOwn(t *testing.T) {
	var h histogram.Histogram
	for second := range 600 {
		h.Record(time.Duration(second)*time.Second, time.Duration(second)*time.Millisecond)
	}
	got := h.Read(599 * time.Second)
	if n := got.Recent.Count(); n != 60 || got.All.Count() != 600 {
		t.Errorf("%d in the last minute, %d in all", n, got.All.Count())
	}
	if shortest := got.Recent.Quantile(0); shortest < 530*time.Millisecond {
		t.Errorf("the last minute has one of %v", shortest)
	}
}

// TestNothingIsLost: records, turns of slices and reads at once.
func TestNothingIsLost(t *testing.T) {
	const goroutines, each = 4, 20_000
	var h histogram.Histogram
	var group sync.WaitGroup
	for g := range goroutines {
		group.Go(func() {
			for i := range each {
				h.Record(time.Duration(i)*time.Millisecond*10, time.Duration(g*i)*time.Microsecond)
			}
		})
	}
	group.Go(func() {
		var before uint64
		for i := range 200 {
			n := h.Read(time.Duration(i) * time.Second).All.Count()
			if n < before {
				t.Errorf("%d after %d", n, before)
			}
			before = n
		}
	})
	group.Wait()
	if n := h.Read(time.Hour).All.Count(); n != goroutines*each {
		t.Errorf("%d of %d were kept", n, goroutines*each)
	}
}

// TestPlus: what two histograms have together, and the more of both, bucket by bucket.
func TestPlus(t *testing.T) {
	ms := func(all ...int) histogram.Snapshot {
		var h histogram.Histogram
		for _, ms := range all {
			h.Record(0, time.Duration(ms)*time.Millisecond)
		}
		return h.Read(0)
	}
	a, b, none := ms(1, 2, 2, 9), ms(2, 5), ms()
	for _, row := range []struct {
		name      string
		got, want histogram.Snapshot
	}{
		{"both", a.Plus(b), ms(1, 2, 2, 2, 5, 9)},
		{"the other way", b.Plus(a), ms(1, 2, 2, 2, 5, 9)},
		{"nothing more", a.Plus(none), a},
		{"nothing before", none.Plus(a), a},
	} {
		if diff := cmp.Diff(row.want, row.got); diff != "" {
			t.Errorf("%s: %s", row.name, diff)
		}
	}
	got := a.All.Max(b.All)
	got.Sum = 0
	want := ms(1, 2, 2, 5, 9).All
	want.Sum = 0
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the more of both: %s", diff)
	}
	if diff := cmp.Diff(ms(1, 2, 2, 9), a); diff != "" {
		t.Errorf("the sum has changed its parts: %s", diff)
	}
}

func TestByClass(t *testing.T) {
	var b histogram.ByClass
	for i, status := range []int{0, 99, 100, 204, 404, 599, 600} {
		b.Of(histogram.ClassOf(status)).Record(0, time.Duration(i+1)*time.Millisecond)
	}
	got := b.Read(0)
	for class, want := range []uint64{3, 1, 1, 0, 1, 1} {
		if n := got[class].All.Count(); n != want {
			t.Errorf("class %d has %d, want %d", class, n, want)
		}
	}
	if sum := got.Plus(got).Total().All; sum.Count() != 14 || sum.Sum != 2*28e6 {
		t.Errorf("%d in all, sum %v", sum.Count(), sum.Sum)
	}
}

// TestExemplars: each bucket keeps the first of each second.
func TestExemplars(t *testing.T) {
	var h histogram.Histogram
	keep := func(at, took time.Duration, trace byte) {
		one := histogram.Exemplar{Trace: [16]byte{trace}, Took: took, At: at}
		if wants := h.WantsExemplar(at, took); wants != (trace != 0) {
			t.Errorf("at %v, %v: wanted: %v", at, took, wants)
		}
		h.Exemplify(one)
	}
	if got := h.Read(0).Exemplars; got != nil {
		t.Errorf("without any: %v", got)
	}
	keep(time.Second, 700*time.Microsecond, 1)
	keep(time.Second, time.Minute, 2)
	keep(1500*time.Millisecond, 800*time.Microsecond, 0)
	keep(2*time.Second, 900*time.Microsecond, 3)
	want := []histogram.Exemplar{
		{Trace: [16]byte{3}, Took: 900 * time.Microsecond, At: 2 * time.Second},
		{Trace: [16]byte{2}, Took: time.Minute, At: time.Second},
	}
	got := h.Read(0)
	if diff := cmp.Diff(want, got.Exemplars); diff != "" {
		t.Error(diff)
	}
	var other histogram.Histogram
	later := histogram.Exemplar{Trace: [16]byte{4}, Took: 70 * time.Second, At: 3 * time.Second}
	other.Exemplify(later)
	want[1] = later
	for _, sum := range []histogram.Snapshot{got.Plus(other.Read(0)), other.Read(0).Plus(got)} {
		if diff := cmp.Diff(want, sum.Exemplars); diff != "" {
			t.Errorf("the later ones of both: %s", diff)
		}
	}
}

func TestRecordAllocatesNothing(t *testing.T) {
	var h histogram.Histogram
	h.Record(0, time.Millisecond)
	at := time.Duration(0)
	if n := testing.AllocsPerRun(1000, func() {
		at += time.Millisecond
		h.Record(at, time.Millisecond)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkRecord(b *testing.B) {
	var h histogram.Histogram
	b.ReportAllocs()
	i := time.Duration(0)
	for b.Loop() {
		i++
		h.Record(i*time.Microsecond, (i&1023)*2*time.Microsecond)
	}
}

func BenchmarkRecordParallel(b *testing.B) {
	var h histogram.Histogram
	b.RunParallel(func(pb *testing.PB) {
		i := time.Duration(0)
		for pb.Next() {
			i++
			h.Record(i*time.Microsecond, (i&1023)*2*time.Microsecond)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var h histogram.Histogram
	for i := range time.Duration(60_000) {
		h.Record(i*time.Millisecond, i*time.Microsecond)
	}
	b.ReportAllocs()
	for b.Loop() {
		h.Read(time.Minute - 1)
	}
}

// TestMinus: what a histogram has more than before, and that of another one.
func TestMinus(t *testing.T) {
	h := new(histogram.Histogram)
	read := func() histogram.Counts { return h.Read(0).All }
	none := read()
	h.Record(0, time.Millisecond)
	h.Record(0, time.Second)
	one := read()
	h.Record(0, time.Millisecond)
	h.Record(0, time.Minute)
	two := read()
	more := two.Minus(one)
	if more.Count() != 2 || more.Sum != float64(time.Minute+time.Millisecond) || len(more.Buckets) != 2 {
		t.Errorf("%+v", more)
	}
	for _, row := range []struct {
		name      string
		c, before histogram.Counts
		want      histogram.Counts
	}{
		{"nothing before", one, none, one},
		{"the same", two, two, histogram.Counts{}},
		{"fewer", one, two, one},
		{"fewer in one bucket", one, histogram.Counts{Buckets: []histogram.Bucket{{Index: one.Buckets[0].Index, N: 7}}}, one},
		{"others", one, histogram.Counts{Buckets: []histogram.Bucket{{Index: 3, N: 1}}}, one},
	} {
		if diff := cmp.Diff(row.want, row.c.Minus(row.before)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.name, diff)
		}
	}
	if got := one.WithZeros(3); got.Count() != 5 || got.Sum != one.Sum || got.Quantile(0.5) != 500*time.Nanosecond {
		t.Errorf("with zeros %+v", got)
	}
}
