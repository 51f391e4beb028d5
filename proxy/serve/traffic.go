package serve

import (
	"github.com/meshhop/meshhop/internal/traffic"
	"github.com/meshhop/meshhop/internal/traffic/tally"
)

// Traffic returns what the server counted of its connections and of the requests on them,
// for metrics: see admin.Server. Requests that net/http refuses before they come to the
// handler are in it; how long their heads were net/http does not tell.
func (s *Server) Traffic() tally.ServerTotals {
	s.conns.tellAll()
	t := s.tally.Read()
	t.Handshakes = s.conns.shakes.Read()
	return t
}

// both is one observer that tells two; the second one may be nil.
func both(first, second traffic.Server) traffic.Server {
	if second == nil {
		return first
	}
	return observers{first, second}
}

type observers [2]traffic.Server

func (o observers) Opened() {
	for _, one := range o {
		one.Opened()
	}
}

func (o observers) Moved(received, sent uint64) {
	for _, one := range o {
		one.Moved(received, sent)
	}
}

func (o observers) Closed(c traffic.Conn) {
	for _, one := range o {
		one.Closed(c)
	}
}

func (o observers) Served(e traffic.Exchange) {
	for _, one := range o {
		one.Served(e)
	}
}

func (o observers) Refused(r traffic.Refusal) {
	for _, one := range o {
		one.Refused(r)
	}
}
