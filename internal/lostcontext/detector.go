package lostcontext

import (
	"cmp"
	"net/netip"
	"slices"
	"sync"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/record"
)

const (
	settle = 5 * time.Second  // a call is judged when the request that caused it has probably ended
	period = 10 * time.Minute // what is older than two of these does not count

	maxBatch    = 4096 // requests between two looks; of more, the first
	maxHosts    = 4096 // addresses of endpoints
	maxFlights  = 512  // requests at one address, of the last seconds
	maxCalls    = 512  // from one address, that wait to be judged
	maxServices = 1000

	enough = 5 // calls without context that name a service
)

// A Detector finds services that lose the context. Make one with [New].
type Detector struct {
	born time.Time

	mu      sync.Mutex
	batch   []event // since the last look
	skipped uint64  // requests that the batch had no room for

	looking  sync.Mutex // guards what follows
	spare    []event
	hosts    map[address]*host
	services map[string]*service
	rotated  time.Time
}

// event is what counts of one request. It has one pointer, because there are many.
type event struct {
	peer, endpoint   address
	service          string
	start, sent, end moment
	continued        bool
	trace            oteltrace.TraceID
}

// address is an IP address without its zone; that of IPv4 is mapped. Zero: there is none.
type address [16]byte

// moment is the time since the detector was made.
type moment time.Duration

func (m moment) since(n moment) time.Duration { return time.Duration(m - n) }

// New returns a Detector that has seen nothing.
func New() *Detector {
	now := time.Now()
	return &Detector{
		born: now, batch: make([]event, 0, maxBatch), spare: make([]event, 0, maxBatch),
		hosts: map[address]*host{}, services: map[string]*service{}, rotated: now,
	}
}

// Observe notes a request that has ended. It takes about as long as a copy of it.
func (d *Detector) Observe(r *record.Record) {
	if !r.Trace.IsValid() {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.batch) == maxBatch {
		d.skipped++
		return
	}
	start := r.Start.Sub(d.born)
	e := event{
		peer: addressOf(r.Remote), service: r.Service, continued: r.Continued, trace: r.Trace,
		start: moment(start), sent: moment(start + r.Sent), end: moment(start + r.End),
	}
	if r.Attempts > 0 && r.Service != "" {
		e.endpoint = addressOf(r.Endpoint)
	}
	d.batch = append(d.batch, e)
}

func addressOf(a netip.AddrPort) address {
	if !a.IsValid() {
		return address{}
	}
	return a.Addr().As16()
}

// Skipped is how many requests were not looked at, because there were too many at once.
func (d *Detector) Skipped() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.skipped
}

// A Suspect is a service that seems to lose the context.
type Suspect struct {
	Service string
	Lost    uint64            // calls without the context, in the last 10 to 20 minutes
	Kept    uint64            // calls with it
	Trace   oteltrace.TraceID // that of a request to it whose calls are missing
	Call    oteltrace.TraceID // that of such a call
}

// Suspects are the services that are named now, those with the most lost calls first.
func (d *Detector) Suspects() []Suspect {
	d.looking.Lock()
	defer d.looking.Unlock()
	var all []Suspect
	for name, s := range d.services {
		if t := s.total(); t.named() {
			all = append(all, Suspect{name, t.lost, t.kept, s.trace, s.call})
		}
	}
	slices.SortFunc(all, func(a, b Suspect) int {
		return cmp.Or(cmp.Compare(b.Lost, a.Lost), cmp.Compare(a.Service, b.Service))
	})
	return all
}

// Look takes what was observed since the last look, and judges the calls that are old
// enough. It is to be called once a second.
func (d *Detector) Look(now time.Time) {
	d.looking.Lock()
	defer d.looking.Unlock()
	d.mu.Lock()
	batch := d.batch
	d.batch = d.spare[:0]
	d.mu.Unlock()
	for i := range batch {
		d.land(&batch[i])
	}
	for i := range batch {
		if h := d.hosts[batch[i].peer]; h != nil { // the zero address is no host
			h.called(&batch[i])
		}
	}
	clear(batch) // which keeps no texts of requests in memory
	d.spare = batch
	at := moment(now.Sub(d.born))
	for addr, h := range d.hosts {
		h.judge(at)
		if at.since(h.used) > period {
			delete(d.hosts, addr)
		}
	}
	if now.Sub(d.rotated) >= period {
		d.rotated = now
		d.rotate()
	}
}

// land notes where a request was.
func (d *Detector) land(e *event) {
	if e.endpoint == (address{}) {
		return
	}
	h := d.hosts[e.endpoint]
	if h == nil {
		if len(d.hosts) == maxHosts {
			return
		}
		h = new(host)
		d.hosts[e.endpoint] = h
	}
	s := d.services[e.service]
	if s == nil {
		if len(d.services) == maxServices {
			return
		}
		s = new(service)
		d.services[e.service] = s
	}
	h.used = e.end
	h.landed(flight{s, e.sent, e.end, e.trace})
}

// rotate begins a new period, and forgets services that did nothing in the last two.
func (d *Detector) rotate() {
	for name, s := range d.services {
		if s.total() == (counts{}) {
			delete(d.services, name)
			for _, h := range d.hosts {
				h.flights = slices.DeleteFunc(h.flights, func(f flight) bool { return f.service == s })
			}
		}
		s.before, s.now = s.now, counts{}
	}
}
