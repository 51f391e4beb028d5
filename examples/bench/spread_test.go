package main

import "testing"

func TestSpread(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   spread
	}{
		{nil, spread{}},
		{[]float64{3}, spread{3, 3, 3}},
		{[]float64{2, 1}, spread{1.25, 1.5, 1.75}},
		{[]float64{5, 1, 4, 2, 3}, spread{2, 3, 4}},
	} {
		if got := spreadOf(test.values); got != test.want {
			t.Errorf("%v: %v, want %v", test.values, got, test.want)
		}
	}
}

// What a ratio compares is of the same round.
func TestRatios(t *testing.T) {
	all := samples{"a": {{requests: 2}, {requests: 9}}, "b": {{requests: 1}, {requests: 3}}}
	got := all.ratios("a", "b", func(s sample) float64 { return float64(s.requests) })
	if len(got) != 2 || got[0] != 2 || got[1] != 3 {
		t.Errorf("%v", got)
	}
	if got := all.ratios("a", "absent", sample.perSecond); got != nil {
		t.Errorf("to one that is not there: %v", got)
	}
}

// The ranks are those of tables of the sign test: of 32 values the 10th and the
// 23rd, between which the true median is with 98 %; between the 11th and the 22nd it
// is with 94.99 %, just too little.
func TestInterval(t *testing.T) {
	for _, test := range []struct {
		values       int
		lower, upper float64
	}{
		{1, 1, 1}, {5, 1, 5}, {6, 1, 6}, {8, 1, 8}, {9, 2, 8}, {10, 2, 9}, {32, 10, 23}, {100, 40, 61}, {1000, 469, 532},
	} {
		var values []float64
		for i := range test.values {
			values = append(values, float64(test.values-i))
		}
		want := interval{test.lower, float64(test.values+1) / 2, test.upper}
		if got := intervalOf(values); got != want {
			t.Errorf("of %d values: %v, want %v", test.values, got, want)
		}
	}
	if got := intervalOf(nil); got != (interval{}) {
		t.Errorf("of no values: %v", got)
	}
}
