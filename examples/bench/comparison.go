package main

import (
	"fmt"
	"math"
	"strings"
)

// comparison is what the present binary costs beside one of an earlier commit.
type comparison struct {
	Binary         string   // path of the earlier one
	BuiltOtherwise []string `json:",omitempty"` // how it was, beside its commit
	Rounds         int
	Rows           []comparisonRow
}

// comparisonRow is one thing that both cost; less is better. The ratios are of
// windows of the same round.
type comparisonRow struct {
	What        string
	Before, Now spread
	ToBefore    interval // the present binary to the earlier one
	ToAgain     interval // and to itself, which would be 1 without noise
	AtMost      float64  // what ToBefore's median may be
	Worse       bool
}

// tolerance is by how much the present binary may be worse, beside the noise.
const tolerance = 0.02

// A row that may be worse by more than findable, because of its noise, does not
// say much.
const findable = 0.05

// roundsEnough is how many rounds a comparison needs to be believed.
const roundsEnough = 32

// compare compares each binary with its twins.
func compare(field []*candidate, load samples, late delays) *comparison {
	var all comparison
	for _, c := range field {
		if c.binary && len(load[beforeName(c.name)]) > 0 {
			all.Rounds = len(load[c.name])
			all.Rows = append(all.Rows,
				compared(c.name+": CPU us/request", c.name, load, sample.cpuPerRequest),
				compared(c.name+": p50 us", c.name, late, delay.median),
				compared(c.name+": p99 us", c.name, late, delay.late),
				compared(c.name+": memory MiB", c.name, load, sample.mebibytes),
			)
		}
	}
	return &all
}

func compared[T any](what, name string, all map[string][]T, value func(T) float64) comparisonRow {
	now, before, again := all[name], all[beforeName(name)], all[againName(name)]
	row := comparisonRow{
		What:     what,
		Before:   spreadOf(each(before, value)),
		Now:      spreadOf(each(now, value)),
		ToBefore: intervalOf(ratios(now, before, value)),
		ToAgain:  intervalOf(ratios(now, again, value)),
	}
	row.AtMost = 1 + tolerance + row.ToAgain.noise()
	row.Worse = row.ToBefore.Median > row.AtMost
	return row
}

// noise is how far from 1 the interval of a ratio reaches that should be 1.
func (i interval) noise() float64 { return max(math.Abs(i.Lower-1), math.Abs(i.Upper-1)) }

func (c *comparison) print(b *strings.Builder) {
	t := table{{"now and before", "before", "now", "now/before", "now/now (A/A)", "at most"}}
	for _, row := range c.Rows {
		t.add(row.What, row.Before.text("%.1f"), row.Now.text("%.1f"), row.ToBefore.text(), row.ToAgain.text(), fmt.Sprintf("%.3f", row.AtMost))
	}
	t.print(b)
	fmt.Fprintf(b, "\nBefore is %s. Ratios are medians of the rounds' (95 %% intervals of the median).\n", c.Binary)
	for _, how := range c.BuiltOtherwise {
		fmt.Fprintf(b, "It was built otherwise: %s.\n", how)
	}
	b.WriteString("A binary does not tell its allocations: go test's allocation tests compare those.\n")
	b.WriteString(c.verdict())
}

// verdict is a line that says whether the present binary is as good, and after it
// those that say why that may not be so.
func (c *comparison) verdict() string {
	var worse, loud []string
	for _, row := range c.Rows {
		if row.Worse {
			worse = append(worse, fmt.Sprintf("%s, %.3f > %.3f", row.What, row.ToBefore.Median, row.AtMost))
		} else if row.AtMost > 1+findable {
			loud = append(loud, row.What)
		}
	}
	said := fmt.Sprintf("No row is worse by more than %.0f %% plus the noise: ", 100*tolerance)
	if len(worse) == 0 {
		said += "yes\n"
	} else {
		said += "no (" + strings.Join(worse, "; ") + ")\n"
	}
	if len(loud) > 0 {
		said += fmt.Sprintf("There was too much noise to find %.0f %% in: %s\n", 100*findable, strings.Join(loud, "; "))
	}
	if c.Rounds < roundsEnough {
		said += fmt.Sprintf("%d rounds are too few to believe it; %d are enough.\n", c.Rounds, roundsEnough)
	}
	return said
}

// text is the median with its interval after it.
func (i interval) text() string { return spread(i).text("%.3f") }
