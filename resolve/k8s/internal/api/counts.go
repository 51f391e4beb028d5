package api

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/resolve"
)

// tally counts what was done for one resource.
type tally struct {
	relists  atomic.Uint64
	events   [actions]atomic.Uint64
	failures [failures]atomic.Uint64
}

// stats are the counters as they are now. Each kind is there from the start, so
// that an alert on its rate sees the first one.
func (t *tally) stats(resource string) resolve.WatchStats {
	s := resolve.WatchStats{
		Resource: resource,
		Relists:  t.relists.Load(),
		Events:   make(map[string]uint64, actions),
		Failures: make(map[string]uint64, failures),
	}
	for a := range actions {
		s.Events[a.String()] += t.events[a].Load()
	}
	for f := range failures {
		s.Failures[f.String()] = t.failures[f].Load()
	}
	return s
}

// follows counts a watch in until leaves is called. What there is of it now stands
// in its report.
func (c *Client) follows(q Query, r *Report) *tally {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.tallies[q.Plural]
	if t == nil {
		t = new(tally)
		c.tallies[q.Plural] = t
	}
	c.reports[r] = struct{}{}
	return t
}

func (c *Client) leaves(r *Report) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.reports, r)
}

// Stats tells of each resource that has been watched, in the order of their names.
func (c *Client) Stats() []resolve.WatchStats {
	c.mu.Lock()
	all := make([]resolve.WatchStats, 0, len(c.tallies))
	for resource, t := range c.tallies {
		all = append(all, t.stats(resource))
	}
	reports := make([]*Report, 0, len(c.reports))
	for r := range c.reports {
		reports = append(reports, r)
	}
	c.mu.Unlock()
	slices.SortFunc(all, func(a, b resolve.WatchStats) int { return cmp.Compare(a.Resource, b.Resource) })
	now := time.Now()
	for _, r := range reports {
		h := r.Now()
		at := slices.IndexFunc(all, func(s resolve.WatchStats) bool { return s.Resource == h.Query.Plural })
		if at < 0 {
			continue // it began to follow another resource just now
		}
		s := &all[at]
		s.Watches++
		s.Objects += h.Objects
		s.Bytes += h.Bytes
		if h.Streaming {
			s.Connected++
		}
		if h.Trouble {
			s.Failing++
			s.Age = max(s.Age, now.Sub(h.TroubleSince))
		}
	}
	return all
}
