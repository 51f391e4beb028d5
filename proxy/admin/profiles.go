package admin

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"strconv"
	"strings"
	"time"
)

// addProfiles adds the profiles of the process, in the format of go tool pprof: under
// /debug/pprof/, where Go's tools look for them, and under Linkerd's names. Package
// net/http/pprof would also add them to http.DefaultServeMux, behind the back of a
// program that serves that to others.
func addProfiles(pages map[string]http.Handler, ending <-chan struct{}) {
	r := recorder{ending}
	cpu := reading(http.HandlerFunc(r.cpu))
	pages["/debug/pprof/profile"], pages["/admin/pprof/profile"] = cpu, cpu
	pages["/debug/pprof/trace"] = reading(http.HandlerFunc(r.trace))
	for _, name := range []string{"allocs", "block", "goroutine", "heap", "mutex", "threadcreate"} {
		pages["/debug/pprof/"+name] = reading(profilePage(name))
	}
	pages["/admin/pprof/heap"] = pages["/debug/pprof/heap"]
	pages["/admin/pprof/contention"] = pages["/debug/pprof/mutex"]
	var names []string
	for path := range pages {
		if name, ok := strings.CutPrefix(path, "/debug/pprof/"); ok {
			names = append(names, name)
		}
	}
	list := listOf(names)
	pages["/debug/pprof/"] = reading(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { writeText(w, http.StatusOK, list) }))
}

const (
	defaultProfile = 10 * time.Second // as in Linkerd
	longestProfile = 5 * time.Minute
)

// recorder records what happens in the next seconds.
type recorder struct{ ending <-chan struct{} }

// cpu is a CPU profile of the next ?seconds=.
func (rec recorder) cpu(w http.ResponseWriter, r *http.Request) {
	rec.during(w, r, func(to io.Writer) (stop func(), err error) { return pprof.StopCPUProfile, pprof.StartCPUProfile(to) })
}

// trace is an execution trace of the next ?seconds=, for go tool trace.
func (rec recorder) trace(w http.ResponseWriter, r *http.Request) {
	rec.during(w, r, func(to io.Writer) (stop func(), err error) { return trace.Stop, trace.Start(to) })
}

// during records for ?seconds=, or until the client leaves or the process drains. The
// runtime allows one recording of each kind at a time.
func (rec recorder) during(w http.ResponseWriter, r *http.Request, start func(io.Writer) (stop func(), err error)) {
	length, err := secondsOf(r)
	if err != nil {
		writeText(w, http.StatusBadRequest, brief(err.Error())+"\n")
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	stop, err := start(w)
	if err != nil {
		writeText(w, http.StatusConflict, err.Error()+"\n")
		return
	}
	defer stop()
	ctx, cancel := context.WithTimeout(r.Context(), length)
	defer cancel()
	select {
	case <-ctx.Done():
	case <-rec.ending:
	}
}

func secondsOf(r *http.Request) (time.Duration, error) {
	text := r.URL.Query().Get("seconds")
	if text == "" {
		return defaultProfile, nil
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || !(seconds > 0 && seconds <= longestProfile.Seconds()) {
		return 0, fmt.Errorf("seconds must be a number above 0 and at most %g, not %q", longestProfile.Seconds(), text)
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

// profilePage is a profile that the runtime keeps. ?debug=1 or 2 asks for text, ?gc=1
// or Linkerd's ?force_gc=true for a garbage collection before a profile of the heap.
func profilePage(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		debug, _ := strconv.Atoi(query.Get("debug"))
		if name == "heap" && (query.Get("gc") == "1" || query.Get("force_gc") == "true") {
			runtime.GC()
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		if debug > 0 {
			w.Header().Set("Content-Type", plainText)
		}
		_ = pprof.Lookup(name).WriteTo(w, debug) // a client that left needs no response
	})
}
