package collector

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxText        = 32 << 10
	maxTags        = 512
	maxAnnotations = 1024
	maxSpanText    = 256 << 10 // of all tags and annotations together
)

type kind uint8

const (
	kindNone kind = iota
	kindClient
	kindServer
	kindProducer
	kindConsumer
)

func (k kind) String() string {
	return [...]string{"", "CLIENT", "SERVER", "PRODUCER", "CONSUMER"}[k]
}

// span is one report of a span. It is not modified after finish.
type span struct {
	trace               traceID
	id, parent          uint64
	timestamp, duration int64 // microseconds; 0: unknown
	name                string
	local, remote       *endpoint // nil: unknown, never empty
	annotations         []annotation
	tags                []tag // sorted by key, keys are unique
	hash                uint64
	kind                kind
	shared, debug, cut  bool
}

type annotation struct {
	timestamp int64
	value     string
}

type tag struct{ key, value string }

type endpoint struct {
	service    string
	ipv4, ipv6 netip.Addr
	port       uint16
}

func (s *span) service() string {
	if s.local == nil {
		return ""
	}
	return s.local.service
}

func (s *span) remoteService() string {
	if s.remote == nil {
		return ""
	}
	return s.remote.service
}

func (s *span) tag(key string) (string, bool) {
	i, ok := slices.BinarySearchFunc(s.tags, key, func(t tag, k string) int { return strings.Compare(t.key, k) })
	if !ok {
		return "", false
	}
	return s.tags[i].value, true
}

// end returns the timestamp at which the span ended, or the largest possible one if the sum
// overflows.
func (s *span) end() int64 { return addSaturating(s.timestamp, s.duration) }

func addSaturating(a, b int64) int64 {
	if b > 0 && a > maxInt64-b {
		return maxInt64
	}
	return a + b
}

const maxInt64 = 1<<63 - 1

// finish converts a decoded span into the form in which it is stored. The draft has already
// bounded the number of its tags and annotations.
func (s *span) finish(seed maphash.Seed) {
	s.name = s.bound(strings.ToLower(s.name))
	s.local, s.remote = s.endpoint(s.local), s.endpoint(s.remote)
	s.timestamp, s.duration = max(s.timestamp, 0), max(s.duration, 0)
	if s.parent == s.id {
		s.parent = 0
	}
	if s.kind == kindClient {
		s.shared = false
	}
	for i := range s.annotations {
		s.annotations[i].value = s.bound(s.annotations[i].value)
	}
	slices.SortStableFunc(s.annotations, compareAnnotations)
	s.annotations = slices.Compact(s.annotations)
	for i, t := range s.tags {
		s.tags[i] = tag{s.bound(t.key), s.bound(t.value)}
	}
	slices.SortStableFunc(s.tags, func(a, b tag) int { return strings.Compare(a.key, b.key) })
	s.tags = lastOfEach(s.tags)
	s.hash = s.digest(seed)
}

// lastOfEach removes all but the last of the tags with the same key.
func lastOfEach(sorted []tag) []tag {
	out := sorted[:0]
	for i, t := range sorted {
		if i+1 == len(sorted) || sorted[i+1].key != t.key {
			out = append(out, t)
		}
	}
	return out
}

func compareAnnotations(a, b annotation) int {
	return cmp.Or(cmp.Compare(a.timestamp, b.timestamp), strings.Compare(a.value, b.value))
}

func (s *span) endpoint(e *endpoint) *endpoint {
	if e == nil {
		return nil
	}
	e.service = s.bound(strings.ToLower(e.service))
	if *e == (endpoint{}) {
		return nil
	}
	return e
}

// bound cuts a text between two runes. It copies the text, so that the long original can be
// freed.
func (s *span) bound(text string) string {
	if len(text) <= maxText {
		return text
	}
	s.cut = true
	end := maxText
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}

// size returns the estimated memory of a stored span, without its share of the indexes.
func (s *span) size() int64 {
	n := 176 + len(s.name)
	for _, e := range []*endpoint{s.local, s.remote} {
		if e != nil {
			n += 96 + len(e.service)
		}
	}
	for _, a := range s.annotations {
		n += 32 + len(a.value)
	}
	for _, t := range s.tags {
		n += 48 + len(t.key) + len(t.value)
	}
	return int64(n)
}

func (s *span) digest(seed maphash.Seed) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	var b [8]byte
	num := func(v uint64) {
		binary.LittleEndian.PutUint64(b[:], v)
		h.Write(b[:])
	}
	text := func(t string) {
		num(uint64(len(t)))
		h.WriteString(t)
	}
	flags := uint64(s.kind)
	for i, set := range []bool{s.shared, s.debug, s.local != nil, s.remote != nil} {
		if set {
			flags |= 1 << (8 + i)
		}
	}
	for _, v := range []uint64{s.trace.high, s.trace.low, s.id, s.parent, uint64(s.timestamp), uint64(s.duration), flags} {
		num(v)
	}
	text(s.name)
	for _, e := range []*endpoint{s.local, s.remote} {
		if e != nil {
			text(e.service)
			text(e.ipv4.String())
			text(e.ipv6.String())
			num(uint64(e.port))
		}
	}
	num(uint64(len(s.annotations)))
	for _, a := range s.annotations {
		num(uint64(a.timestamp))
		text(a.value)
	}
	for _, t := range s.tags {
		text(t.key)
		text(t.value)
	}
	return h.Sum64()
}
