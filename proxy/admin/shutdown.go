package admin

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// shutdown is /admin/shutdown (ShutdownHandler.scala of twitter-server).
type shutdown struct {
	do      func(grace time.Duration)
	grace   time.Duration
	once    sync.Once
	foreign *http.CrossOriginProtection
}

func newShutdown(c Config) *shutdown {
	return &shutdown{do: c.Shutdown, grace: c.ShutdownGrace, foreign: http.NewCrossOriginProtection()}
}

func (s *shutdown) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if refused(w, r, http.MethodPost) {
		return
	}
	// A page on some site must not end this process through the browser of
	// somebody who can reach it.
	if err := s.foreign.Check(r); err != nil {
		writeText(w, http.StatusForbidden, err.Error())
		return
	}
	grace := s.grace
	if query := r.URL.Query(); query.Has("grace") {
		var err error
		if grace, err = parseGrace(query.Get("grace")); err != nil {
			writeText(w, http.StatusBadRequest, brief("could not parse 'grace' parameter: "+err.Error()))
			return
		}
	}
	const text = "quitting\n"
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.Header().Set("Connection", "close")
	writeText(w, http.StatusOK, text)
	// If this fails, the response is sent when this handler returns, and a shutdown
	// that drains waits for that.
	_ = http.NewResponseController(w).Flush()
	// In a goroutine, because a shutdown that drains waits for this request too. The
	// goroutine ends when the shutdown does.
	s.once.Do(func() { go s.do(grace) })
}

// invalidGrace is the error of a grace that is no duration.
func invalidGrace(text string) error { return fmt.Errorf("%s is not a valid duration", text) }
