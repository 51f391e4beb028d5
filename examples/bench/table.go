package main

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// table is rows of cells, the head first.
type table [][]string

func (t *table) add(cells ...string) { *t = append(*t, cells) }

// print writes the table below an empty line, the first column to the left and
// the others to the right.
func (t table) print(b *strings.Builder) {
	widths := make([]int, len(t[0]))
	for _, row := range t {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	b.WriteString("\n")
	for _, row := range t {
		line := fmt.Sprintf("%-*s", widths[0], row[0])
		for i, cell := range row[1:] {
			line += fmt.Sprintf("  %*s", widths[i+1], cell)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}
