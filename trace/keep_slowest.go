package trace

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// slowest finds the slowest requests of each service in each minute.
type slowest struct {
	most     int
	services atomic.Pointer[map[string]*slowestOf] // by name; a map is not changed
	others   *slowestOf                            // of all that there is no room for

	mu    sync.Mutex // for a new map
	swept time.Duration
}

const (
	// slowestServices is how many services are told apart.
	slowestServices = 1000
	aMinute         = time.Minute
)

func newSlowest(most int) *slowest {
	s := &slowest{most: most, others: newSlowestOf(most), swept: -aMinute}
	s.services.Store(new(map[string]*slowestOf))
	return s
}

// is reports whether a request that took so long is one of them. The time is that since
// the start of the keeper.
func (s *slowest) is(service string, took, now time.Duration) bool {
	of := (*s.services.Load())[service]
	if of == nil {
		of = s.add(service, now)
	}
	return of.is(took, now)
}

// add makes room for a service, if there is any.
func (s *slowest) add(service string, now time.Duration) *slowestOf {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := *s.services.Load()
	if of := all[service]; of != nil {
		return of // somebody else was faster
	}
	if len(all) >= slowestServices && now-s.swept < aMinute {
		return s.others
	}
	all = maps.Clone(all)
	if len(all) >= slowestServices {
		// Those go that had no request in this minute and the one before.
		s.swept = now
		maps.DeleteFunc(all, func(_ string, of *slowestOf) bool { return of.minute.Load() < int64(now/aMinute)-1 })
	}
	of := s.others
	if len(all) < slowestServices {
		of = newSlowestOf(s.most)
		if all == nil {
			all = map[string]*slowestOf{}
		}
		all[strings.Clone(service)] = of
	}
	s.services.Store(&all)
	return of
}

// slowestOf are the longest times of one service in this minute, and the shortest of those
// of the minute before.
type slowestOf struct {
	minute atomic.Int64
	before atomic.Int64 // the shortest of those of the minute before
	bar    atomic.Int64 // the same of this minute, until now

	mu    sync.Mutex
	times []int64 // a heap would be longer to read, and there are few; the shortest first
}

func newSlowestOf(most int) *slowestOf {
	s := &slowestOf{times: make([]int64, most)}
	s.minute.Store(math.MinInt64)
	s.none()
	return s
}

// none forgets the times of this minute.
func (s *slowestOf) none() {
	for i := range s.times {
		s.times[i] = -1
	}
	s.bar.Store(-1)
}

func (s *slowestOf) is(took, now time.Duration) bool {
	minute, t := int64(now/aMinute), int64(took)
	if s.minute.Load() != minute {
		s.begin(minute)
	}
	if t <= s.bar.Load() {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t <= s.times[0] {
		return false
	}
	at, _ := slices.BinarySearchFunc(s.times, t, cmp.Compare[int64])
	copy(s.times, s.times[1:at])
	s.times[at-1] = t
	s.bar.Store(s.times[0])
	return t >= s.before.Load()
}

// begin begins a minute.
func (s *slowestOf) begin(minute int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := s.minute.Load()
	if last >= minute {
		return // somebody else was faster
	}
	if before := int64(-1); last == minute-1 {
		s.before.Store(s.times[0])
	} else {
		s.before.Store(before) // there is nothing to compare with
	}
	s.none()
	s.minute.Store(minute)
}
