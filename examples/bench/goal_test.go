package main

import "testing"

func TestVerdict(t *testing.T) {
	for _, test := range []struct {
		goal goal
		want verdict
	}{
		{goal{Value: 0.55, Must: 0.75, Aim: 0.55}, aimReached},
		{goal{Value: 0.56, Must: 0.75, Aim: 0.55}, mustReached},
		{goal{Value: 0.76, Must: 0.75, Aim: 0.55}, missed},
		{goal{Value: 100, Must: 100, Aim: 100, AtLeast: true}, aimReached},
		{goal{Value: 99.9999, Must: 100, Aim: 100, AtLeast: true}, missed},
		{goal{Value: 99, Aim: 100, AtLeast: true}, mustReached},
	} {
		if got := test.goal.judged().Verdict; got != test.want {
			t.Errorf("%+v: %s, want %s", test.goal, got, test.want)
		}
	}
}

// What is nearly enough must not look like enough.
func TestNearly(t *testing.T) {
	arrived := goal{Value: 99.9999, Unit: "%", Must: 100, Aim: 100, AtLeast: true}
	if got := arrived.texts()[1]; got != "99.99 %" {
		t.Errorf("%q", got)
	}
	ratio := goal{Value: 1.0501, Must: 1.05, Aim: 1.02}
	if got := ratio.texts()[1]; got != "1.06" {
		t.Errorf("%q", got)
	}
	if got := percent(3, 2); got != 0 {
		t.Errorf("more spans than there can be are %v %%", got)
	}
}
