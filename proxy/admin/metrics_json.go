package admin

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
)

// metricsJSON is Linkerd's page of metrics (AdminMetricsExportTelemeter.scala). It shows
// those of the pages for Prometheus that have Linkerd's names.
func metricsJSON(c *collector) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		root := readTree(c)
		if q := query.Get("q"); q != "" {
			if root = root.find(strings.Trim(q, "/")); root == nil {
				text, _ := json.Marshal("No such subtree: " + q) // of a string
				sendJSON(w, http.StatusNotFound, []byte(`{"error": `+string(text)+"}"))
				return
			}
		}
		text := jsonText{nested: isTrue(query.Get("tree"))}
		text.tree(root)
		if text.page = append(text.page, '\n'); isTrue(query.Get("pretty")) {
			var indented bytes.Buffer
			_ = json.Indent(&indented, text.page, "", "  ") // of what is JSON
			text.page = indented.Bytes()
		}
		sendJSON(w, http.StatusOK, text.page)
	})
}

func sendJSON(w http.ResponseWriter, status int, text []byte) {
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

// isTrue reports whether a parameter of a query is one of those that Finagle takes for
// true.
func isTrue(value string) bool { return value == "1" || value == "t" || value == "true" }

// jsonText is a tree as text: all metrics by their paths, or nested as objects in objects.
type jsonText struct {
	nested bool
	page   []byte
	path   []byte // of the node, as part of a text of JSON
}

func (j *jsonText) tree(t *tree) {
	j.page = append(j.page, '{')
	j.node(t)
	j.page = append(bytes.TrimSuffix(j.page, []byte(",")), '}')
}

// node adds what a node has, each with a comma behind it.
func (j *jsonText) node(t *tree) {
	switch t.kind {
	case counterNode:
		j.metric("", "counter", t.json())
	case gaugeNode:
		j.metric("", "gauge", t.json())
	case statNode:
		t.spread.eachJSON(func(name string, v json.RawMessage) { j.metric("."+name, "stat."+name, v) })
	}
	for _, name := range sortedKeys(t.below) {
		if j.nested {
			j.page = append(appendJSON(append(j.page, '"'), name), `":`...)
			j.tree(t.below[name])
			j.page = append(j.page, ',')
			continue
		}
		before := len(j.path)
		if before > 0 {
			j.path = append(j.path, '/')
		}
		j.path = appendJSON(j.path, name)
		j.node(t.below[name])
		j.path = j.path[:before]
	}
}

// metric adds one number, under its path and what is behind that, or nested under its kind.
func (j *jsonText) metric(behind, kind string, v json.RawMessage) {
	j.page = append(j.page, '"')
	if j.nested {
		j.page = append(j.page, kind...)
	} else {
		j.page = append(append(j.page, j.path...), behind...)
	}
	j.page = append(append(append(j.page, `":`...), v...), ',')
}

// appendJSON appends a text as it stands between the quotes of a text of JSON.
func appendJSON(to []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(text) // of a string
			return append(to, quoted[1:len(quoted)-1]...)
		}
	}
	return append(to, text...)
}

// json is the counter or gauge of a node. Linkerd's gauges show that they need not be whole.
func (t *tree) json() json.RawMessage {
	if t.kind == counterNode {
		return strconv.AppendFloat(nil, t.value, 'f', 0, 64)
	}
	return jsonFloat(t.value)
}

// eachJSON gives the stat as Linkerd shows it: without any value, only that.
func (s *spread) eachJSON(do func(name string, v json.RawMessage)) {
	last := s.last()
	if do("count", strconv.AppendUint(nil, last.count, 10)); last.count == 0 {
		return
	}
	do("sum", wholeJSON(last.sum))
	do("avg", jsonFloat(last.sum/float64(last.count)))
	for i, q := range quantiles {
		do(q.name, wholeJSON(last.quantiles[i]))
	}
}

// wholeJSON is a number of a stat; Linkerd's are whole.
func wholeJSON(v float64) json.RawMessage { return strconv.AppendFloat(nil, math.Floor(v), 'f', 0, 64) }

// jsonFloat is a number that shows that it need not be whole.
func jsonFloat(v float64) json.RawMessage {
	text := strconv.AppendFloat(nil, v, 'f', -1, 64)
	if !bytes.ContainsRune(text, '.') {
		text = append(text, ".0"...)
	}
	return text
}
