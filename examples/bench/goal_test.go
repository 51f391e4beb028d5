package main

import (
	"fmt"
	"testing"
)

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
		{goal{Value: 1.4, Lower: 1.2, Must: 1.3, Aim: 1.1}, mustReached},
		{goal{Value: 1.4, Lower: 1.31, Must: 1.3, Aim: 1.1}, missed},
	} {
		if got := test.goal.judged().Verdict; got != test.want {
			t.Errorf("%+v: %s, want %s", test.goal, got, test.want)
		}
	}
}

// With -goals each missed goal is an error, with -ci only one that no other program can cause.
func TestAssertedGoals(t *testing.T) {
	all := []goal{{Number: 10, Verdict: missed}, {Number: allocationsGoal, Verdict: missed}, {Number: spansGoal, Verdict: mustReached}}
	for _, test := range []struct {
		options options
		want    string
	}{
		{options{}, "<nil>"},
		{options{goals: true}, "goals are missed: 10 (), 14 ()"},
		{options{ci: true}, "goals are missed: 14 ()"},
	} {
		if got := fmt.Sprint(missedGoals(all, test.options.asserted)); got != test.want {
			t.Errorf("%+v: %q, want %q", test.options, got, test.want)
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
