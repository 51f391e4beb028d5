package dashboard

import (
	"time"

	"github.com/meshhop/meshhop/internal/histogram"
	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// kind is what a name names.
type kind uint8

const (
	ofRouter kind = iota
	ofServer
	ofService
	ofClient
)

// key is a name that has counters.
type key struct {
	kind         kind
	router, name string
}

// A snapshot is what all names had done at one moment. It is immutable; all pages of a
// second show the same one.
type snapshot struct {
	at      time.Time
	routers []*routerView
}

// figures are what every kind of name has.
type figures struct {
	key
	success, failures, retries uint64 // since the name is known
	pending                    int64

	// Of the last seconds, by the time that they really took.
	seconds              float64
	ended, failed, again float64           // within them
	latency              *histogram.Counts // of the last minute; nil: not kept for this name
}

func (f *figures) rate() float64 {
	if f.seconds <= 0 {
		return 0
	}
	return f.ended / f.seconds
}

func (f *figures) retryRate() float64 {
	if f.seconds <= 0 {
		return 0
	}
	return f.again / f.seconds
}

// share is the success rate; negative without requests.
func (f *figures) share() float64 {
	if f.ended <= 0 {
		return -1
	}
	return (f.ended - f.failed) / f.ended
}

// quantile is a latency in the last minute; negative if there is none.
func (f *figures) quantile(q float64) time.Duration {
	if f.latency == nil || len(f.latency.Buckets) == 0 {
		return -1
	}
	return f.latency.Quantile(q)
}

// slow is the latency that one in a hundred requests exceeds; negative: unknown. With
// several routers it is that of the slowest one.
func (s *snapshot) slow() time.Duration {
	slow := time.Duration(-1)
	for _, r := range s.routers {
		slow = max(slow, r.quantile(0.99))
	}
	return slow
}

type routerView struct {
	figures
	router            *router.Router
	servers           []*serverView
	services, clients []*nameView
	open              int         // connections to all endpoints
	dead              []*nameView // some of the clients that have endpoints, but none alive
}

type serverView struct {
	figures
	stats proxy.Stats
	open  int // connections

	received, sent, badHeads uint64 // bytes, and requests that never came to the handler
}

// nameView is a service or a client.
type nameView struct {
	figures
	id  resolve.Path
	row string // tells it from those of other routers
	set setView
}

// setView is what a client's page says in more words. It may be some seconds old where
// nothing happens at the client.
type setView struct {
	size, available int
	open            int // connections; negative: nobody counts them
}

// router returns the router with the label, the first one for an empty label.
func (s *snapshot) router(label string) *routerView {
	for _, r := range s.routers {
		if label == "" || r.name == label {
			return r
		}
	}
	return nil
}
