package k8stest

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// ServeHTTP answers as an API server does.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q, known := parse(r.URL)
	s.mu.Lock()
	s.note(r)
	fault := s.fault(r, q)
	s.mu.Unlock()
	if fault != nil && fault.serve(s, w, r) {
		return
	}
	switch {
	case r.Method != http.MethodGet:
		status(w, http.StatusMethodNotAllowed, "MethodNotAllowed", "the server does not allow this method on the requested resource")
	case !known:
		status(w, http.StatusNotFound, "NotFound", "the server could not find the requested resource")
	case q.watch:
		s.watch(w, r, q)
	default:
		s.list(w, q)
	}
}

func (s *Server) list(w http.ResponseWriter, q query) {
	s.mu.Lock()
	all := s.listed(q)
	version := s.version
	s.mu.Unlock()
	next := ""
	all = all[min(q.from, len(all)):]
	if q.limit > 0 && len(all) > q.limit {
		all, next = all[:q.limit], strconv.Itoa(q.from+q.limit)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"%d","continue":%q},"items":[`, version, next)
	for i, o := range all {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(o.text)
	}
	b.WriteString("]}")
	w.Header().Set("Content-Type", "application/json")
	if q.resource == "endpoints" {
		w.Header().Set("Warning", `299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"`)
	}
	_, _ = w.Write(b.Bytes())
}

// watch is one that is connected.
type watch struct {
	query query
	lines chan []byte
	end   context.CancelFunc
	cut   bool // not as streams end
}

func (w *watch) send(line []byte) {
	select {
	case w.lines <- line:
	default:
		w.end()
	}
}

func (s *Server) watch(w http.ResponseWriter, r *http.Request, q query) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	mine := &watch{query: q, end: cancel}
	s.mu.Lock()
	first, gone := s.begin(q)
	mine.lines = make(chan []byte, len(first)+100)
	if gone && s.gone {
		s.mu.Unlock()
		status(w, http.StatusGone, "Expired", tooOld(q.version, s.oldest))
		return
	}
	for _, line := range first {
		mine.lines <- line
	}
	if !gone {
		s.enter(mine)
		defer s.leave(mine)
	}
	s.mu.Unlock()

	seconds, _ := strconv.Atoi(r.URL.Query().Get("timeoutSeconds"))
	if seconds <= 0 {
		seconds = 3600
	}
	timeout := time.NewTimer(time.Duration(seconds) * time.Second)
	defer timeout.Stop()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	flush(w)
	for {
		select {
		case line := <-mine.lines:
			if _, err := w.Write(line); err != nil {
				return
			}
			flush(w)
			if gone {
				return
			}
		case <-timeout.C:
			return
		case <-ctx.Done():
			s.mu.Lock()
			cut := mine.cut
			s.mu.Unlock()
			if cut && r.Context().Err() == nil {
				panic(http.ErrAbortHandler)
			}
			return
		}
	}
}

// begin gives what a watch that begins has to hear first; gone says that it is
// only that its version is too old.
func (s *Server) begin(q query) (lines [][]byte, gone bool) {
	if q.version == "" || q.version == "0" {
		for _, o := range s.listed(q) {
			lines = append(lines, event("ADDED", o.text))
		}
		return lines, false
	}
	from, err := strconv.Atoi(q.version)
	if history := s.history[q.resource]; err != nil || from < s.oldest || len(history) >= maxHistory && from < history[0].object.version-1 {
		text := fmt.Sprintf(`{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":%q,"reason":"Expired","code":410}`, tooOld(q.version, s.oldest))
		return [][]byte{event("ERROR", []byte(text))}, true
	}
	for _, c := range s.history[q.resource] {
		if c.object.version > from {
			if line := c.line(q); line != nil {
				lines = append(lines, line)
			}
		}
	}
	return lines, false
}

func tooOld(version string, oldest int) string {
	return fmt.Sprintf("too old resource version: %s (%d)", version, oldest)
}

func (s *Server) enter(w *watch) {
	if s.watches == nil {
		s.watches, s.index = make(map[*watch]struct{}), make(map[string]map[*watch]struct{})
	}
	s.watches[w] = struct{}{}
	key := w.query.key()
	if s.index[key] == nil {
		s.index[key] = make(map[*watch]struct{})
	}
	s.index[key][w] = struct{}{}
}

func (s *Server) leave(w *watch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.watches, w)
	key := w.query.key()
	if delete(s.index[key], w); len(s.index[key]) == 0 {
		delete(s.index, key)
	}
}

func flush(w http.ResponseWriter) {
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
}

// status answers with an error as the server words it.
func status(w http.ResponseWriter, code int, reason, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":%q,"reason":%q,"code":%d}`, message, reason, code)
}
