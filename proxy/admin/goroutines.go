package admin

import (
	"bytes"
	"net/http"
	"runtime"
	"strings"
)

// A goroutine is what the runtime tells of one.
type goroutine struct {
	id, state string // "12", "chan receive, 5 minutes"
	stack     []string
}

// maxStacks bounds the text of all stacks, in bytes.
const maxStacks = 32 << 20

// goroutines are all that there are, or the first ones where their stacks are too long.
// Asking stops the process for as long as that takes.
func goroutines() []goroutine {
	text := make([]byte, 256<<10)
	for {
		n := runtime.Stack(text, true)
		if n < len(text) || len(text) >= maxStacks {
			return parseGoroutines(text[:n])
		}
		text = make([]byte, 4*len(text))
	}
}

// parseGoroutines reads what the runtime writes of goroutines.
func parseGoroutines(text []byte) (all []goroutine) {
	for block := range bytes.SplitSeq(text, []byte("\n\n")) {
		head, rest, _ := strings.Cut(strings.TrimSpace(string(block)), "\n")
		id, state, ok := strings.Cut(strings.TrimPrefix(head, "goroutine "), " [")
		if !ok || id == head {
			continue
		}
		if at := strings.IndexByte(id, ' '); at >= 0 { // "12 gp=0x... m=..." of a traceback of the system
			id = id[:at]
		}
		g := goroutine{id: id, state: strings.TrimSuffix(state, "]:")}
		lines := strings.Split(rest, "\n")
		for i := 0; i < len(lines); i++ {
			frame := lines[i]
			if i+1 < len(lines) && strings.HasPrefix(lines[i+1], "\t") {
				i++
				frame += " " + strings.TrimSpace(lines[i])
			}
			if frame != "" {
				g.stack = append(g.stack, frame)
			}
		}
		all = append(all, g)
	}
	return all
}

// thread is a goroutine as Linkerd shows a thread. Go has no names, daemons and priorities.
type thread struct {
	Thread   string   `json:"thread"`
	Daemon   bool     `json:"daemon"`
	State    string   `json:"state"`
	Priority int      `json:"priority"`
	Stack    []string `json:"stack"`
}

// threadsJSON is /admin/threads.json (ThreadsHandler.scala of twitter-server).
func threadsJSON(w http.ResponseWriter, _ *http.Request) {
	all := map[string]thread{}
	for _, g := range goroutines() {
		stack := g.stack
		if stack == nil {
			stack = []string{}
		}
		all[g.id] = thread{Thread: "goroutine " + g.id, State: g.state, Stack: stack}
	}
	writeJSON(w, map[string]any{"threads": all})
}

// isBlocked says whether a goroutine waits for a lock. One that waits for a channel or for
// the network waits for something to happen, as most do.
func (g goroutine) isBlocked() bool {
	what, _, _ := strings.Cut(g.state, ",")
	switch what {
	case "semacquire", "sync.Mutex.Lock", "sync.RWMutex.Lock", "sync.RWMutex.RLock":
		return true
	}
	return false
}

// contentionPage is /admin/contention (ContentionHandler.scala of twitter-server).
func contentionPage(w http.ResponseWriter, r *http.Request) {
	var b strings.Builder
	b.WriteString("Blocked:\n")
	for _, g := range goroutines() {
		if g.isBlocked() {
			b.WriteString("goroutine " + g.id + " [" + g.state + "]\n\t" + strings.Join(g.stack, "\n\t") + "\n")
		}
	}
	b.WriteString("\nLock Owners:\n(Go does not know who holds a lock: /debug/pprof/mutex has who held locks for long.)\n")
	writePreformatted(w, r, "Contention", b.String())
}

// announcerPage is /admin/announcer.
func announcerPage(w http.ResponseWriter, r *http.Request) {
	writePreformatted(w, r, "Announcements", "There are none: this hop announces nothing.\n")
}
