package dashboard

import (
	"time"

	"github.com/meshhop/meshhop/internal/histogram"
	"github.com/meshhop/meshhop/internal/hophandler"
	"github.com/meshhop/meshhop/resolve"
)

// begin notes what the routers and servers have counted, so that the first tick has what
// happens in it.
func (s *source) begin() {
	for _, r := range s.routers {
		var whole histogram.Snapshot
		for _, one := range r.servers {
			latency := (*hophandler.Handler)(one.Handler).Latency().Total()
			s.fine[one.key], s.coarse[one.key] = latency.All, latency.All
			whole = whole.Plus(latency)
		}
		s.fine[r.own.key], s.coarse[r.own.key] = whole.All, whole.All
	}
}

// readLatencies reads how long those took that have a past. Those of a router are those
// of its servers or, where it has none, of the services.
func (s *source) readLatencies(h *History, coarse bool) {
	for _, r := range s.routers {
		var whole histogram.Snapshot
		for _, one := range r.servers {
			latency := (*hophandler.Handler)(one.Handler).Latency().Total()
			s.took(h, one.known, latency, coarse)
			whole = whole.Plus(latency)
		}
		var services, clients []resolve.Path
		for k := range h.past {
			if k.router != r.label || k.kind < ofService {
				continue
			}
			switch one := h.names[k]; {
			case one == nil:
			case k.kind == ofClient && r.clients.all[one.id] != nil:
				clients = append(clients, one.id)
			case k.kind == ofService && r.services.all[one.id] != nil:
				services = append(services, one.id)
			}
		}
		latencies := r.View().LatenciesAt(services, clients)
		for name, latency := range latencies.Services {
			total := latency.Total()
			s.took(h, r.services.all[name].known, total, coarse)
			if len(r.servers) == 0 {
				whole = whole.Plus(total)
			}
		}
		for id, latency := range latencies.Clients {
			s.took(h, r.clients.all[id].known, latency.Total(), coarse)
		}
		s.took(h, r.own.known, whole, coarse)
	}
	for _, kept := range []map[key]histogram.Counts{s.fine, s.coarse} {
		for k := range kept {
			if h.past[k] == nil {
				delete(kept, k)
			}
		}
	}
}

// took notes how long those took that ended since the last tick, fine and coarse.
func (s *source) took(h *History, k *known, now histogram.Snapshot, coarse bool) {
	if h.past[k.key] == nil {
		return
	}
	k.fine = since(k.fine, now.All, s.fine, k.key)
	if coarse {
		k.coarse = since(k.coarse, now.All, s.coarse, k.key)
	}
	recent := now.Recent
	if k.recent != nil {
		recent = recent.Plus(*k.recent)
	}
	k.recent = &recent
}

// since adds to sum what was counted after before[k], which becomes what there is now.
// What is seen for the first time counts from now on.
func since(sum *histogram.Counts, now histogram.Counts, before map[key]histogram.Counts, k key) *histogram.Counts {
	was, known := before[k]
	before[k] = now
	if !known {
		return sum
	}
	more := now.Minus(was)
	if sum != nil {
		more = more.Plus(*sum)
	}
	return &more
}

func (s *sample) quantiles(of *histogram.Counts) {
	if of == nil || len(of.Buckets) == 0 {
		return
	}
	ms := func(share float64) float32 { return float32(float64(of.Quantile(share)) / float64(time.Millisecond)) }
	s.p50, s.p95, s.p99, s.longest = ms(0.5), ms(0.95), ms(0.99), ms(1)
}
