package admin

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// influxPath is the page for InfluxDB.
const influxPath = "/admin/metrics/influxdb"

// influxPage shows the metrics that have Linkerd's names in the line protocol of InfluxDB,
// for Telegraf (InfluxDbTelemeter.scala): a line for all metrics that stand below the same
// node of the tree, without a time. Unlike Linkerd's lines these escape what is in names.
func influxPage(c *collector) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Content-Type"] = []string{"text/plain; charset=utf-8"}
		_, _ = w.Write(readTree(c).influx(r.Host))
	})
}

// influx is the lines of a tree, for a client that calls the server by that name.
func (t *tree) influx(host string) []byte {
	l := influxLines{tags: []field{{"host", cmp.Or(host, "none")}}}
	l.add(t, nil)
	return l.text
}

// field is a tag or a field of a line, and its value.
type field struct{ name, value string }

// influxLines are the lines so far, and the tags of the next ones.
type influxLines struct {
	text []byte
	tags []field
}

// add adds the lines of a node and of what is below it. The node is at a path without the
// values of tags.
func (l *influxLines) add(t *tree, path []string) {
	if tag := tagOf(path); tag != "" && !slices.ContainsFunc(l.tags, func(f field) bool { return f.name == tag }) {
		before := len(l.tags)
		l.tags = append(l.tags, field{tag, path[len(path)-1]})
		defer func() { l.tags = l.tags[:before] }()
		path = path[:len(path)-1]
	}
	var fields []field
	for _, name := range sortedKeys(t.below) {
		below := t.below[name]
		fields = below.appendFields(fields, name)
		l.add(below, append(path[:len(path):len(path)], name))
	}
	if len(fields) == 0 {
		return
	}
	l.text = appendMeasurement(l.text, path)
	tags := slices.Clone(l.tags)
	l.text = appendFields(append(l.text, ','), tags)
	l.text = appendFields(append(l.text, ' '), fields)
	l.text = append(l.text, '\n')
}

// tagOf is the tag whose value is the last segment of a path; empty: there is none.
func tagOf(path []string) string {
	switch {
	case len(path) == 2 && path[0] == "rt":
		return "rt"
	case len(path) == 3 && path[0] == "rt" && (path[1] == "service" || path[1] == "client" || path[1] == "server"):
		return path[1]
	case len(path) == 4 && path[0] == "rt" && path[1] == "client" && path[2] == "service":
		return "service"
	}
	return ""
}

// appendFields appends the metric of a node as fields of the line of the node above it.
func (t *tree) appendFields(to []field, name string) []field {
	switch t.kind {
	case counterNode, gaugeNode:
		return append(to, field{name, string(t.json())})
	case statNode:
		last := t.spread.last()
		to = append(to, field{name + "_count", strconv.FormatUint(last.count, 10)})
		if last.count == 0 {
			last.count = 1
		}
		to = append(to, field{name + "_sum", string(wholeJSON(last.sum))},
			field{name + "_avg", strconv.FormatFloat(last.sum/float64(last.count), 'f', -1, 64)})
		for i, q := range quantiles {
			to = append(to, field{name + "_" + shortName(q.name), string(wholeJSON(last.quantiles[i]))})
		}
	}
	return to
}

// appendMeasurement appends the name of a line; metrics at the top are below "root".
func appendMeasurement(to []byte, path []string) []byte {
	if len(path) == 0 {
		return append(to, "root"...)
	}
	for i, segment := range path {
		if i > 0 {
			to = append(to, ':')
		}
		for _, c := range segment {
			if c != ':' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
				c = '_'
			}
			to = append(to, byte(c))
		}
	}
	return to
}

// appendFields appends tags or fields, sorted by their names.
func appendFields(to []byte, all []field) []byte {
	slices.SortFunc(all, func(a, b field) int { return strings.Compare(a.name, b.name) })
	for i, f := range all {
		if i > 0 {
			to = append(to, ',')
		}
		to = append(appendInflux(to, f.name), '=')
		to = appendInflux(to, f.value)
	}
	return to
}

// appendInflux appends the name of a tag or a field, or the value of a tag. A backslash
// escapes what separates them, and nothing else; so one that stands before such a character
// in the name, or at its end, is doubled, and a line break becomes a space.
func appendInflux(to []byte, text string) []byte {
	for i := range len(text) {
		switch c := text[i]; c {
		case ',', '=', ' ':
			to = append(to, '\\', c)
		case '\n', '\r':
			to = append(to, '\\', ' ')
		case '\\':
			if to = append(to, c); i+1 == len(text) || strings.IndexByte(",= \n\r\\", text[i+1]) >= 0 {
				to = append(to, c)
			}
		default:
			to = append(to, c)
		}
	}
	return to
}
