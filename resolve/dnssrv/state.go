package dnssrv

import (
	"time"

	"github.com/meshhop/meshhop/resolve"
)

// report is what happened to a name, for the state page.
type report struct {
	err                      error
	lookedUp, answered, next time.Time
}

func (r *report) took(of result, trouble error, wait time.Duration) {
	r.err, r.lookedUp = trouble, time.Now()
	r.next = r.lookedUp.Add(wait)
	if of.err == nil {
		r.answered = r.lookedUp
	}
}

// nameState is what is known of one name.
type nameState struct {
	// State is "pending", "ok", "neg" or "failed". With "ok" and an Error,
	// the addresses are the last good ones.
	State     string         `json:"state"`
	Addresses []addressState `json:"addresses,omitempty"`
	Error     string         `json:"error,omitempty"`
	LookedUp  *time.Time     `json:"lookedUpAt,omitempty"`
	Answered  *time.Time     `json:"answeredAt,omitempty"`
	Next      *time.Time     `json:"nextLookUpAt,omitempty"`
}

// addressState is one address of a name.
type addressState struct {
	Address string  `json:"address"` // "10.0.0.1:8080"
	Host    string  `json:"host"`
	Weight  float64 `json:"weight"`
}

// State is what is known of the names that are in use, each a key, as a value
// to be shown as JSON.
func (n *Namer) State() any {
	n.mu.Lock()
	watches := make([]*watch, 0, len(n.watches))
	for _, w := range n.watches {
		watches = append(watches, w)
	}
	n.mu.Unlock()
	all := make(map[string]nameState, len(watches))
	for _, w := range watches {
		all[w.name] = w.stateNow()
	}
	return all
}

func (w *watch) stateNow() nameState {
	w.mu.Lock()
	report := w.report
	w.mu.Unlock()
	s := w.state.Activity().Sample()
	out := nameState{State: s.Status.String(), LookedUp: shown(report.lookedUp), Answered: shown(report.answered), Next: shown(report.next)}
	if report.err != nil {
		out.Error = report.err.Error()
	}
	if s.Status != resolve.OK {
		return out
	}
	if !s.Value.exists() {
		out.State = "neg"
	}
	for _, a := range s.Value.addresses {
		out.Addresses = append(out.Addresses, addressState{a.AddrPort.String(), a.Host, a.Weight})
	}
	return out
}

// shown is a time, nil if it never came.
func shown(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
