package main

import (
	"fmt"
	"io"
)

// check is a table of which each row either holds or does not.
type check struct {
	table  *table
	broken []string
}

func newCheck(out io.Writer, head ...string) *check {
	return &check{table: newTable(out, append(head, "holds"))}
}

// row prints a row; why says what does not hold, and is empty if all does.
func (c *check) row(why string, cells ...string) {
	holds := "yes"
	if why != "" {
		holds = "NO"
		c.broken = append(c.broken, cells[0]+": "+why)
	}
	c.table.row(append(cells, holds))
}

// atMost says what does not hold of a figure that has a bound.
func atMost[N int | int64 | float64](what string, got, bound N) string {
	if got <= bound {
		return ""
	}
	return fmt.Sprintf("%s: %v, at most %v may be", what, got, bound)
}

// first is the first text that is not empty.
func first(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

func mebibytes(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }
