package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// table is printed row by row, as they come.
type table struct {
	out    io.Writer
	widths []int
}

// newTable prints the head of a table.
func newTable(out io.Writer, head []string) *table {
	t := &table{out: out}
	for i, name := range head {
		t.widths = append(t.widths, max(utf8.RuneCountInString(name), map[bool]int{true: 36, false: 22}[i == 0]))
	}
	t.row(head)
	return t
}

func (t *table) row(cells []string) {
	var line strings.Builder
	for i, cell := range cells {
		fmt.Fprintf(&line, "%-*s  ", t.widths[i], cell)
	}
	fmt.Fprintln(t.out, strings.TrimRight(line.String(), " "))
}

func percent(share float64) string { return fmt.Sprintf("%.2f %%", 100*share) }
