package collector

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const maxTraceMany = 1000

func (c *Collector) getServices(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, c.store.serviceNames())
}

func (c *Collector) getSpanNames(w http.ResponseWriter, r *http.Request) {
	c.namesOf(w, r, c.store.spanNames)
}

func (c *Collector) getRemoteServices(w http.ResponseWriter, r *http.Request) {
	c.namesOf(w, r, c.store.remoteNames)
}

func (c *Collector) namesOf(w http.ResponseWriter, r *http.Request, names func(string) []string) {
	v := r.URL.Query()
	if !v.Has("serviceName") {
		writeError(w, http.StatusBadRequest, errors.New("the parameter serviceName is missing"))
		return
	}
	writeJSON(w, names(v.Get("serviceName")))
}

func (c *Collector) getTraces(w http.ResponseWriter, r *http.Request) {
	q, err := parseQuery(r.URL.Query(), time.Now())
	if err != nil {
		writeError(w, http.StatusBadRequest, err)
		return
	}
	writeTraces(w, c.store.find(q))
}

func (c *Collector) getTrace(w http.ResponseWriter, r *http.Request) {
	id, err := parseTraceID(strings.TrimSpace(r.PathValue("id")))
	if err != nil {
		writeError(w, http.StatusBadRequest, fmt.Errorf("trace id: %w", err))
		return
	}
	v := c.store.lookup(id)
	if len(v.spans) == 0 {
		writeError(w, http.StatusNotFound, fmt.Errorf("%s not found", id))
		return
	}
	startJSON(w, func(b *bufio.Writer) { writeSpans(b, v.spans) })
}

func (c *Collector) getTraceMany(w http.ResponseWriter, r *http.Request) {
	views, err := c.traceMany(r.URL.Query().Get("traceIds"))
	if err != nil {
		writeError(w, http.StatusBadRequest, err)
		return
	}
	writeTraces(w, views)
}

func (c *Collector) traceMany(list string) ([]view, error) {
	if list == "" {
		return nil, errors.New("the parameter traceIds is missing or empty")
	}
	texts := strings.SplitN(list, ",", maxTraceMany+1)
	if len(texts) > maxTraceMany {
		return nil, fmt.Errorf("traceIds has more than %d ids", maxTraceMany)
	}
	seen := map[traceID]bool{}
	var views []view
	for _, text := range texts {
		id, err := parseTraceID(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("traceIds: %w", err)
		}
		if seen[id] {
			return nil, fmt.Errorf("traceIds: %s is there twice", id)
		}
		seen[id] = true
		if v := c.store.lookup(id); len(v.spans) > 0 {
			views = append(views, v)
		}
	}
	if len(seen) == 1 {
		return nil, errors.New("traceIds has one id; use /api/v2/trace/{traceId} for it")
	}
	return views, nil
}

func (c *Collector) getDependencies(w http.ResponseWriter, r *http.Request) {
	v := r.URL.Query()
	if v.Get("endTs") == "" {
		writeError(w, http.StatusBadRequest, errors.New("the parameter endTs is missing"))
		return
	}
	q, err := parseQuery(v, time.Now())
	if err != nil {
		writeError(w, http.StatusBadRequest, err)
		return
	}
	writeJSON(w, c.dependencies(q))
}

func (c *Collector) dependencies(q query) []link {
	l := linker{}
	for _, spans := range c.store.between(q.beginMicros(), mulSaturating(q.endTs, 1000)) {
		l.trace(spans)
	}
	return l.links()
}

func (c *Collector) getAutocompleteKeys(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, c.store.tagKeys())
}

func (c *Collector) getAutocompleteValues(w http.ResponseWriter, r *http.Request) {
	key := r.URL.Query().Get("key")
	if key == "" {
		writeError(w, http.StatusBadRequest, errors.New("the parameter key is missing or empty"))
		return
	}
	writeJSON(w, c.store.tagValues(key))
}

func (c *Collector) getHealth(w http.ResponseWriter, r *http.Request) {
	if c.closed.Load() {
		writeError(w, http.StatusServiceUnavailable, errors.New("the collector is closed"))
		return
	}
	writeJSON(w, map[string]any{"status": "UP"})
}

func (c *Collector) getInfo(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, map[string]any{
		"collector": map[string]any{"name": "meshhop", "storage": "mem", "api": "zipkin v2"},
		"stats":     c.Stats(),
	})
}

func writeError(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintln(w, err)
}

func writeJSON(w http.ResponseWriter, v any) {
	startJSON(w, func(b *bufio.Writer) { encodeTo(b, v) })
}

func startJSON(w http.ResponseWriter, write func(*bufio.Writer)) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	b := bufio.NewWriterSize(w, 32<<10)
	write(b)
	b.Flush() // an error means that the client has left
}

func writeTraces(w http.ResponseWriter, views []view) {
	startJSON(w, func(b *bufio.Writer) {
		b.WriteByte('[')
		for i, v := range views {
			if i > 0 {
				b.WriteByte(',')
			}
			writeSpans(b, v.spans)
		}
		b.WriteByte(']')
	})
}

func writeSpans(b *bufio.Writer, spans []*span) {
	b.WriteByte('[')
	for i, s := range spans {
		if i > 0 {
			b.WriteByte(',')
		}
		encodeTo(b, s.wire())
	}
	b.WriteByte(']')
}

// encodeTo does not escape <, > and &, because the response is JSON and never HTML.
// Zipkin does not escape them either.
func encodeTo(b *bufio.Writer, v any) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // only types of ours: it cannot fail
	b.Write(bytes.TrimSuffix(text.Bytes(), []byte("\n")))
}
