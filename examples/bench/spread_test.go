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
