package admin

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
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

// tree is Linkerd's tree of metrics: the metric of a node, and the nodes below it.
type tree struct {
	counter, gauge json.RawMessage
	stat           map[string]json.RawMessage
	below          map[string]*tree
}

// readTree reads what the pages for Prometheus show now.
func readTree(c *collector) *tree {
	metrics := make(chan prometheus.Metric, 64)
	go func() {
		defer close(metrics)
		c.Collect(metrics)
	}()
	root := new(tree)
	for m := range metrics {
		switch m := m.(type) {
		case series:
			if node := root.at(m.path(m.values)); node != nil {
				if m.stat == nil {
					node.counter = strconv.AppendFloat(nil, m.total.value, 'f', 0, 64)
				} else {
					node.stat = m.stat.json(m.total)
				}
			}
		case level:
			if node := root.at(m.path(m.values)); node != nil {
				node.gauge = jsonFloat(m.value)
			}
		}
	}
	return root
}

// path is where a metric stands in Linkerd's tree, nil if it has no place there: each
// label's value follows the segment with its name (PrometheusTelemeter.scala).
func (s scope) path(values []string) (path []string) {
	segments := strings.Split(s.name, ":")
	if segments[0] != "rt" && segments[0] != "jvm" {
		return nil
	}
	for _, segment := range segments {
		path = append(path, segment)
		if i := slices.Index(s.labels, segment); i >= 0 {
			path = append(path, values[i])
		}
	}
	return path
}

// at is the node at a path, which is made; nil for no path.
func (t *tree) at(path []string) *tree {
	if path == nil {
		return nil
	}
	for _, name := range path {
		if t.below == nil {
			t.below = map[string]*tree{}
		}
		if t.below[name] == nil {
			t.below[name] = new(tree)
		}
		t = t.below[name]
	}
	return t
}

// find is the node at a path as it is written, in which names may have slashes; nil: there
// is none.
func (t *tree) find(path string) *tree {
	if path == "" {
		return t
	}
	for name, below := range t.below {
		rest, ok := strings.CutPrefix(path, name)
		if !ok || rest != "" && rest[0] != '/' {
			continue
		}
		if found := below.find(strings.TrimPrefix(rest, "/")); found != nil {
			return found
		}
	}
	return nil
}

// flat is all metrics by their paths.
func (t *tree) flat() map[string]json.RawMessage {
	all := map[string]json.RawMessage{}
	t.add(all, "")
	return all
}

func (t *tree) add(to map[string]json.RawMessage, path string) {
	if t.counter != nil {
		to[path] = t.counter
	}
	if t.gauge != nil {
		to[path] = t.gauge
	}
	for name, value := range t.stat {
		to[path+"."+name] = value
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
	if t.counter != nil {
		all["counter"] = t.counter
	}
	if t.gauge != nil {
		all["gauge"] = t.gauge
	}
	for name, value := range t.stat {
		all["stat."+name] = value
	}
	return all
}

// json is the stat as Linkerd shows it: without any value, only that. What has no
// quantiles is of all time.
func (s *stat) json(all total) map[string]json.RawMessage {
	count, sum := s.count, s.sum
	if s.plain {
		count, sum = all.count, all.value
	}
	shown := map[string]json.RawMessage{"count": strconv.AppendUint(nil, count, 10)}
	if count == 0 {
		return shown
	}
	shown["sum"] = s.number(sum)
	shown["avg"] = jsonFloat(sum / float64(count))
	if !s.plain {
		for i, q := range quantiles {
			shown[q.name] = s.number(s.quantiles[i])
		}
	}
	return shown
}

// number is a number of the stat; Linkerd's are whole.
func (s *stat) number(v float64) json.RawMessage {
	return strconv.AppendFloat(nil, math.Floor(v), 'f', 0, 64)
}

// jsonFloat is a number that shows that it need not be whole.
func jsonFloat(v float64) json.RawMessage {
	text := strconv.AppendFloat(nil, v, 'f', -1, 64)
	if !bytes.ContainsRune(text, '.') {
		text = append(text, ".0"...)
	}
	return text
}
