package dashboard

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxRows is how many rows of a table a page has.
const maxRows = 100

// fewRows is how many rows a reader sees at a glance.
const fewRows = 10

// A column is what a table shows of each item.
type column[T any] struct {
	name, title string
	metric      string       // its name in /metrics, if it has one
	value       func(T) any  // a string, float64, uint64, time.Duration (negative: none) or bool; what rows are sorted by
	show        func(T) cell // nil: the value as text
	still       bool         // it does not change while the page is shown
}

// cell is one place of a table.
type cell struct {
	Text, Href, Class string
	Soft              string // before the text, in a softer colour
}

// table is a table as the templates show it.
type table struct {
	Name, Title, Empty string
	Heads              []head
	Rows               []tableRow
	Total, Found       int
	From, To           int
	Previous, Next     string
	Query              string  // the filter
	Filter             bool    // there are enough rows for one
	Narrow             bool    // it has few columns
	Keep               []field // other fields of the form
	JSON               string
	More               string // what is to be said below
	values             func(yield func(key string, values map[string]any) bool)
	keys               []string // of the rows
}

type head struct {
	Title, Metric, Href, Sorted string
	Number                      bool
}

type tableRow struct {
	Key   string
	Cells []tableCell
}

type tableCell struct {
	cell
	Key    string // for the script; empty if it does not change
	Title  string
	Number bool
	First  bool
}

type field struct{ Name, Value string }

// tableOf makes the table of all items that the filter lets through, sorted as the query
// says: <name>.q, <name>.sort (a column, with - the largest first) and <name>.page.
func tableOf[T any](name, title string, items []T, key func(T) string, columns []column[T], byDefault string, at *url.URL) *table {
	return tableOfRows(maxRows, name, title, items, key, columns, byDefault, at)
}

// tableOfRows is a table with at most so many rows on a page.
func tableOfRows[T any](rows int, name, title string, items []T, key func(T) string, columns []column[T], byDefault string, at *url.URL) *table {
	query := at.Query()
	t := &table{Name: name, Title: title, Total: len(items), Query: cut(query.Get(name+".q"), maxText)}
	if t.Query != "" {
		wanted := strings.ToLower(t.Query)
		items = slices.DeleteFunc(slices.Clone(items), func(one T) bool { return !strings.Contains(strings.ToLower(key(one)), wanted) })
	}
	t.Filter = t.Query != "" || len(items) > fewRows
	t.Narrow = len(columns) <= 3
	t.Found = len(items)
	sorted := cmp.Or(query.Get(name+".sort"), byDefault)
	order := rankingOf(items, key, columns, sorted)
	pageNo, _ := strconv.Atoi(query.Get(name + ".page"))
	from := min(max(pageNo-1, 0), (len(items)-1)/rows) * rows
	from = max(from, 0)
	to := min(from+rows, len(items))
	t.From, t.To = from+1, to
	pageAt := func(n int) string { return with(at, name+".page", strconv.Itoa(n)) }
	if from > 0 {
		t.Previous = pageAt(from / rows)
	}
	if to < len(items) {
		t.Next = pageAt(from/rows + 2)
	}
	t.JSON = with(at, "format", "json")
	for k, values := range query {
		if !strings.HasPrefix(k, name+".") && k != "format" {
			for _, v := range values {
				t.Keep = append(t.Keep, field{k, v})
			}
		}
	}
	slices.SortFunc(t.Keep, func(a, b field) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value)) })
	for _, c := range columns {
		h := head{Title: c.title, Metric: c.metric}
		sort := c.name
		if len(items) > 0 {
			if _, text := c.value(items[0]).(string); !text {
				h.Number, sort = true, "-"+c.name
			}
		}
		switch sorted {
		case c.name:
			h.Sorted, sort = "ascending", "-"+c.name
		case "-" + c.name:
			h.Sorted, sort = "descending", c.name
		}
		h.Href = with(at, name+".sort", sort, name+".page", "")
		t.Heads = append(t.Heads, h)
	}
	for _, i := range order.first(to)[from:] {
		t.Rows = append(t.Rows, rowOf(name, key(items[i]), items[i], columns))
		t.keys = append(t.keys, key(items[i]))
	}
	t.values = func(yield func(string, map[string]any) bool) {
		for _, i := range order.first(len(items)) {
			row := make(map[string]any, len(columns))
			for _, c := range columns {
				row[c.name] = plain(c.value(items[i]))
			}
			if !yield(key(items[i]), row) {
				return
			}
		}
	}
	return t
}

func rowOf[T any](name, key string, item T, columns []column[T]) tableRow {
	row := tableRow{Key: key}
	for i, c := range columns {
		one := tableCell{Title: c.title, First: i == 0}
		_, text := c.value(item).(string)
		one.Number = !text
		if c.show != nil {
			one.cell = c.show(item)
		} else {
			one.cell = cell{Text: showValue(c.value(item))}
		}
		if !c.still && i > 0 {
			one.Key = name + "/" + key + "/" + c.name
		}
		row.Cells = append(row.Cells, one)
	}
	return row
}

// ranking is how the items of a table are ordered: by a column, with - the largest first,
// and those that are alike by their keys; without a column as they are.
type ranking[T any] struct {
	items []T
	key   func(T) string
	value func(T) any // nil: as they are
	down  bool
}

func rankingOf[T any](items []T, key func(T) string, columns []column[T], by string) ranking[T] {
	r := ranking[T]{items: items, key: key}
	if by == "" {
		return r
	}
	by, r.down = strings.CutPrefix(by, "-")
	r.value = func(T) any { return nil } // by the keys alone
	if at := slices.IndexFunc(columns, func(c column[T]) bool { return c.name == by }); at >= 0 {
		r.value = columns[at].value
	}
	return r
}

// ranked is an item by its place.
type ranked struct {
	at    int
	value any
}

func (r *ranking[T]) compare(a, b ranked) int {
	c := compare(a.value, b.value)
	if r.down {
		c = -c
	}
	if c == 0 {
		c = cmp.Or(cmp.Compare(r.key(r.items[a.at]), r.key(r.items[b.at])), cmp.Compare(a.at, b.at))
	}
	return c
}

// first returns the places of the first n items, without an order of all.
func (r *ranking[T]) first(n int) []int {
	n = min(n, len(r.items))
	if r.value == nil {
		all := make([]int, n)
		for i := range all {
			all[i] = i
		}
		return all
	}
	best := make([]ranked, 0, 2*n)
	bound := false
	var last ranked // of the best n so far
	for i := range r.items {
		one := ranked{i, r.value(r.items[i])}
		if bound && r.compare(one, last) > 0 {
			continue
		}
		if best = append(best, one); len(best) == 2*n && n < len(r.items) {
			slices.SortFunc(best, r.compare)
			best, last, bound = best[:n], best[n-1], true
		}
	}
	slices.SortFunc(best, r.compare)
	all := make([]int, n)
	for i := range all {
		all[i] = best[i].at
	}
	return all
}

func compare(a, b any) int {
	switch a := a.(type) {
	case string:
		return cmp.Compare(a, b.(string))
	case float64:
		return cmp.Compare(a, b.(float64))
	case uint64:
		return cmp.Compare(a, b.(uint64))
	case time.Duration:
		return cmp.Compare(a, b.(time.Duration))
	}
	return 0
}

func showValue(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return showRate(v)
	case uint64:
		return showCount(v)
	case time.Duration:
		if v < 0 {
			return "–"
		}
		return showLatency(v)
	}
	return fmt.Sprint(v)
}

// plain is a value for JSON: times in milliseconds, null if there is none.
func plain(v any) any {
	switch v := v.(type) {
	case time.Duration:
		if v < 0 {
			return nil
		}
		return float64(v) / float64(time.Millisecond)
	case float64:
		if v < 0 {
			return nil
		}
	}
	return v
}

// with is the relative address of the same page with other fields; "" takes a field away.
func with(at *url.URL, fields ...string) string {
	query := at.Query()
	for i := 0; i+1 < len(fields); i += 2 {
		if fields[i+1] == "" {
			query.Del(fields[i])
		} else {
			query.Set(fields[i], fields[i+1])
		}
	}
	return link(at.Path, query)
}

// link is an address relative to the pages, all of which are in one folder.
func link(path string, query url.Values) string {
	path = cmp.Or(strings.TrimPrefix(path, "/"), ".")
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

func linkTo(page string, fields ...string) string {
	query := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		query.Set(fields[i], fields[i+1])
	}
	return link(page, query)
}
