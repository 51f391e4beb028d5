package admin

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/meshhop/meshhop/internal/histogram"
	"github.com/meshhop/meshhop/proxy/admin/internal/statsd"
)

// A Statsd is a statsd that is sent the metrics which have Linkerd's names (telemeter
// io.l5d.statsd), by UDP, in packets of at most 1400 bytes. What stands in
// /admin/metrics.json as rt/outgoing/server/0.0.0.0/4140/requests is called
// rt.outgoing.server.0_0_0_0.4140.requests there.
//
// Counters are sent as what they have grown by since the last time, unsampled, gauges as
// they are. A stat is sent as the gauges min, avg, p50, p90, p95, p99, p999, p9999 and max
// of the values since the last time, and as the counters count and sum.
type Statsd struct {
	Addr   string // "host:port"
	Prefix string // stands before each name, with a dot; empty: nothing does
	// Interval is the time between two times. Default 10 s, as in Linkerd.
	Interval time.Duration
	// Dial connects. Default: that of [net.Dialer].
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

const (
	defaultStatsdInterval = 10 * time.Second
	// statsdEnd bounds how long the last packets may take.
	statsdEnd = time.Second
)

// check sets the defaults of a Statsd, and says what is wrong with the rest.
func (s *Statsd) check(field string) error {
	if _, _, err := net.SplitHostPort(s.Addr); err != nil || !utf8.ValidString(s.Addr) {
		return configError(field, fmt.Sprintf("has an address that is not host:port: %q", s.Addr))
	}
	if s.Interval < 0 {
		return configError(field, "has a negative interval")
	}
	s.Interval = cmp.Or(s.Interval, defaultStatsdInterval)
	return nil
}

// senders are those of all Admins that took each other's place, so that what one has sent
// is not sent again by the next. The zero value is ready for use, and safe for concurrent
// use.
type senders struct {
	mu  sync.Mutex
	all map[[2]string]*sharedSender // by address and prefix
}

type sharedSender struct {
	*statsd.Sender
	users int
}

// take returns the sender for a statsd, for one more user. made is true for the first.
func (s *senders) take(to Statsd, log *slog.Logger) (sender *sharedSender, made bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := [2]string{to.Addr, to.Prefix}
	if sender = s.all[key]; sender == nil {
		if s.all == nil {
			s.all = map[[2]string]*sharedSender{}
		}
		sender = &sharedSender{Sender: statsd.New(statsd.Config{Addr: to.Addr, Prefix: to.Prefix, Dial: to.Dial, ErrorLog: log})}
		s.all[key], made = sender, true
	}
	sender.users++
	return sender, made
}

// giveBack takes a user away, and closes the sender after the last one.
func (s *senders) giveBack(to Statsd) {
	s.mu.Lock()
	key := [2]string{to.Addr, to.Prefix}
	sender := s.all[key]
	sender.users--
	last := sender.users == 0
	if last {
		delete(s.all, key)
	}
	s.mu.Unlock()
	if last {
		sender.Close()
	}
}

// pushing is what one Admin sends.
type pushing struct {
	collector *collector
	to        []Statsd
	senders   []*sharedSender
	running   sync.WaitGroup
	end       context.CancelFunc
	over      sync.Once
}

// push begins to send to all of config.Statsd. An Admin that takes the place of another one
// begins where that one has ended.
func push(c *collector) *pushing {
	ctx, cancel := context.WithCancel(context.Background())
	p := &pushing{collector: c, to: c.config.Statsd, end: cancel}
	for _, to := range p.to {
		sender, made := c.statsds.take(to, c.config.ErrorLog)
		if p.senders = append(p.senders, sender); made && c.later {
			sender.Prime(p.read)
		}
		p.running.Go(func() { p.run(ctx, sender, to.Interval) })
	}
	return p
}

func (p *pushing) run(ctx context.Context, sender *sharedSender, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		// While another Admin runs that is newer, that one sends.
		if newest, alone := p.collector.history.isNewest(p.collector); newest {
			part := statsd.Shared
			if alone {
				part = statsd.Whole
			}
			sender.Flush(ctx, part, p.read)
		}
	}
}

// close sends what is left, and ends.
func (p *pushing) close() {
	p.over.Do(func() {
		p.end()
		p.running.Wait()
		part := statsd.Rest
		if newest, _ := p.collector.history.isNewest(p.collector); newest {
			part = statsd.Shared
		}
		ctx, cancel := context.WithTimeout(context.Background(), statsdEnd)
		defer cancel()
		for i, sender := range p.senders {
			sender.Flush(ctx, part, p.read)
			p.collector.statsds.giveBack(p.to[i])
		}
	})
}

// read reads all metrics that have a place in Linkerd's tree.
func (p *pushing) read(r *statsd.Reading) { readTree(p.collector).push(r, "") }

func (t *tree) push(to *statsd.Reading, path string) {
	// Names that share a series come and go.
	folded := strings.Contains(path, "/"+otherNames+"/")
	switch t.kind {
	case counterNode:
		to.Counter(path, t.value, folded)
	case gaugeNode:
		to.Gauge(path, t.value)
	case statNode:
		t.spread.push(to, path, folded)
	}
	if path != "" {
		path += "/"
	}
	for name, below := range t.below {
		below.push(to, path+name)
	}
}

func (s *spread) push(to *statsd.Reading, path string, folded bool) {
	if s.given == nil {
		to.Stat(path, statsd.Stat{Counts: s.all, Unit: s.unit, Count: s.count, Sum: s.sum, Folded: folded})
		return
	}
	// Of these, the pauses of the collector, there is only the last minute.
	to.Stat(path, statsd.Stat{Counts: histogram.Counts{}, Unit: 1, Count: s.count, Sum: s.sum})
	if s.given.count == 0 {
		return
	}
	to.Gauge(path+"/avg", s.given.sum/float64(s.given.count))
	for i, q := range quantiles {
		to.Gauge(path+"/"+shortName(q.name), s.given.quantiles[i])
	}
}

// shortName is what a quantile is called by a statsd and InfluxDB.
func shortName(name string) string {
	if name == "p9990" {
		return "p999"
	}
	return name
}
