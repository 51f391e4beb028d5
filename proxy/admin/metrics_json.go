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
		var shown any = root.flat()
		if isTrue(query.Get("tree")) {
			shown = root.nested()
		}
		var text bytes.Buffer
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		if isTrue(query.Get("pretty")) {
			encoder.SetIndent("", "  ")
		}
		if err := encoder.Encode(shown); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		sendJSON(w, http.StatusOK, text.Bytes())
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

// flat is all metrics by their paths.
func (t *tree) flat() map[string]json.RawMessage {
	all := map[string]json.RawMessage{}
	t.add(all, "")
	return all
}

func (t *tree) add(to map[string]json.RawMessage, path string) {
	switch t.kind {
	case counterNode, gaugeNode:
		to[path] = t.json()
	case statNode:
		for name, value := range t.spread.json() {
			to[path+"."+name] = value
		}
	}
	if path != "" {
		path += "/"
	}
	for name, below := range t.below {
		below.add(to, path+name)
	}
}

// nested is all metrics as objects in objects.
func (t *tree) nested() map[string]any {
	all := map[string]any{}
	for name, below := range t.below {
		all[name] = below.nested()
	}
	switch t.kind {
	case counterNode:
		all["counter"] = t.json()
	case gaugeNode:
		all["gauge"] = t.json()
	case statNode:
		for name, value := range t.spread.json() {
			all["stat."+name] = value
		}
	}
	return all
}

// json is the counter or gauge of a node. Linkerd's gauges show that they need not be whole.
func (t *tree) json() json.RawMessage {
	if t.kind == counterNode {
		return strconv.AppendFloat(nil, t.value, 'f', 0, 64)
	}
	return jsonFloat(t.value)
}

// json is the stat as Linkerd shows it: without any value, only that.
func (s *spread) json() map[string]json.RawMessage {
	last := s.last()
	shown := map[string]json.RawMessage{"count": strconv.AppendUint(nil, last.count, 10)}
	if last.count == 0 {
		return shown
	}
	shown["sum"] = wholeJSON(last.sum)
	shown["avg"] = jsonFloat(last.sum / float64(last.count))
	for i, q := range quantiles {
		shown[q.name] = wholeJSON(last.quantiles[i])
	}
	return shown
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
