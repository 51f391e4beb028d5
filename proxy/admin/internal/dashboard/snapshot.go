package dashboard

import (
	"time"

	"github.com/meshhop/meshhop/internal/histogram"
	"github.com/meshhop/meshhop/proxy"
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

type routerView struct {
	figures
	router   *router.Router
	stats    router.Stats
	servers  []*serverView
	services []*serviceView
	clients  []*clientView
}

type serverView struct {
	figures
	stats proxy.Stats
	open  int // connections

	received, sent, badHeads uint64 // bytes, and requests that never came to the handler
}

type serviceView struct {
	figures
	stats router.ServiceStats
}

type clientView struct {
	figures
	stats router.ClientStats
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

func (r *routerView) service(name string) *serviceView {
	for _, s := range r.services {
		if s.name == name {
			return s
		}
	}
	return nil
}

func (r *routerView) client(id string) *clientView {
	for _, c := range r.clients {
		if c.name == id {
			return c
		}
	}
	return nil
}
