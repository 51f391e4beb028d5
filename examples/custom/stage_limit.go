package main

import (
	"math"
	"net/http"
	"sync/atomic"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// limitStage is the kind example.limit, a stage of services. It has one key:
//
//	requests  how many requests each service may have in flight. Required.
func limitStage(d *config.Decoder) (config.Part[func(resolve.Path) router.Stage], error) {
	d.Need("requests")
	most := d.Int("requests", 1, 1, math.MaxInt32)
	return config.Ready(func(resolve.Path) router.Stage {
		return &limit{most: int64(most)} // each service has a limit of its own
	}), nil
}

// limit responds with 429 to requests beyond so many in flight.
type limit struct {
	most     int64
	inFlight atomic.Int64
}

func (l *limit) Handle(r *http.Request, next http.RoundTripper) (*http.Response, error) {
	if l.inFlight.Add(1) > l.most {
		l.inFlight.Add(-1)
		return router.NewResponse(r, http.StatusTooManyRequests, "too many requests are in flight\n"), nil
	}
	return next.RoundTrip(r)
}

// Done implements [router.Finisher]: a request that was passed on is in flight until its
// response has ended.
func (l *limit) Done(*http.Request, router.Outcome) { l.inFlight.Add(-1) }
