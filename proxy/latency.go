package proxy

import (
	"time"

	"github.com/meshhop/meshhop/internal/histogram"
)

// latency is how long requests took, from their arrival to the head of the response from
// the endpoint, or to the end of a response of the handler's own.
type latency struct {
	born    time.Time
	byClass histogram.ByClass // of the status that the client got
}

func (l *latency) record(status int, arrived time.Time, took time.Duration) {
	l.byClass.Of(histogram.ClassOf(status)).Record(arrived.Sub(l.born)+took, took)
}

func (l *latency) read() histogram.Latency { return l.byClass.Read(time.Since(l.born)) }

// began records that the response of an endpoint has begun. The router has read the clock
// when its head had come.
func (x *exchange) began(status int) {
	x.timed = true
	x.latency.record(status, x.local.Arrived, x.local.Took)
}
