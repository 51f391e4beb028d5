package k8stest

import (
	"net/http"
	"strconv"
	"strings"
)

// A Fault is what a request gets instead of its answer.
type Fault struct {
	code            int
	reason, message string
	retryAfter      int
	hang            bool
	body            string
	inspect         func(*http.Request) bool
}

// Status is an answer with an error: Status(403, "Forbidden", "endpoints is ...").
func Status(code int, reason, message string) Fault {
	return Fault{code: code, reason: reason, message: message}
}

// Hang is no answer at all.
func Hang() Fault { return Fault{hang: true} }

// Body is an answer of status 200 with this body, which then ends; a watch ends
// with it, as one does that has only "".
func Body(body string) Fault { return Fault{code: http.StatusOK, body: body} }

// RetryAfter is the fault with that header, in seconds.
func (f Fault) RetryAfter(seconds int) Fault {
	f.retryAfter = seconds
	return f
}

// Unless is the fault for requests of which ok is false.
func (f Fault) Unless(ok func(*http.Request) bool) Fault {
	f.inspect = ok
	return f
}

// rule is a fault and for which requests it is.
type rule struct {
	verb, resource string
	times          int // 0: always
	fault          Fault
}

// Fail gives the requests for a resource ("endpointslices", "" for all) a fault.
// The verb is "list", "watch", or "" for both. A later call wins over an earlier
// one. The result ends it.
func (s *Server) Fail(verb, resource string, f Fault) (end func()) {
	return s.FailTimes(0, verb, resource, f)
}

// FailTimes is Fail for that many requests; 0 is for all.
func (s *Server) FailTimes(times int, verb, resource string, f Fault) (end func()) {
	r := &rule{verb: verb, resource: resource, times: times, fault: f}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = append(s.rules, r)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.drop(r)
	}
}

func (s *Server) drop(r *rule) {
	for i, x := range s.rules {
		if x == r {
			s.rules = append(s.rules[:i:i], s.rules[i+1:]...)
			return
		}
	}
}

// fault finds the one for a request, nil if there is none. It is called with the
// lock.
func (s *Server) fault(r *http.Request, q query) *Fault {
	verb := "list"
	if q.watch {
		verb = "watch"
	}
	for i := len(s.rules) - 1; i >= 0; i-- {
		rule := s.rules[i]
		if rule.verb != "" && rule.verb != verb || rule.resource != "" && rule.resource != q.resource && !strings.HasPrefix(r.URL.Path, rule.resource) {
			continue
		}
		if rule.fault.inspect != nil && rule.fault.inspect(r) {
			continue
		}
		if rule.times > 0 {
			if rule.times--; rule.times == 0 {
				s.drop(rule)
			}
		}
		fault := rule.fault
		return &fault
	}
	return nil
}

func (f *Fault) serve(_ *Server, w http.ResponseWriter, r *http.Request) bool {
	switch {
	case f.hang:
		<-r.Context().Done()
	case f.code == http.StatusOK:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(f.body))
	default:
		if f.retryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(f.retryAfter))
		}
		status(w, f.code, f.reason, f.message)
	}
	return true
}

// Send writes a line into the watches of a resource that are connected, whatever
// it is; its end is added.
func (s *Server) Send(resource, line string) {
	s.each(resource, func(w *watch) { w.send([]byte(line + "\n")) })
}

// Bookmark tells the watches of a resource of the version that there is.
func (s *Server) Bookmark(resource string) {
	s.each(resource, func(w *watch) {
		if w.query.bookmarks {
			w.send(event("BOOKMARK", []byte(`{"kind":"","apiVersion":"v1","metadata":{"resourceVersion":"`+strconv.Itoa(s.version)+`"},"endpoints":null,"ports":null}`)))
		}
	})
}

// End ends the watches of a resource as a server does in good order.
func (s *Server) End(resource string) { s.each(resource, func(w *watch) { w.end() }) }

// Cut breaks the connections of the watches of a resource.
func (s *Server) Cut(resource string) {
	s.each(resource, func(w *watch) {
		w.cut = true
		w.end()
	})
}

func (s *Server) each(resource string, f func(*watch)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for w := range s.watches {
		if resource == "" || w.query.resource == resource {
			f(w)
		}
	}
}

// Forget makes all versions before now too old for a watch to begin with, as
// compaction and a restart do, and watches from there get 410: as an event in a
// stream with status 200, which is what servers do today, or as the status.
// Watches that are connected stay.
func (s *Server) Forget(asStatus bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version++
	s.oldest, s.gone = s.version, asStatus
	s.history = nil
}
