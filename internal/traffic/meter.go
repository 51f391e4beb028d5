package traffic

import "sync/atomic"

// A Meter counts the bytes of one connection, and tells a [Conns] of each of them once. The
// zero value is ready for use. It is safe for concurrent use.
type Meter struct {
	received, sent         atomic.Uint64
	toldReceived, toldSent atomic.Uint64
}

// Read counts bytes that were read.
func (m *Meter) Read(n int) { m.received.Add(uint64(max(n, 0))) }

// Wrote counts bytes that were written.
func (m *Meter) Wrote(n int) { m.sent.Add(uint64(max(n, 0))) }

// Copied counts bytes that were read and, or, written by a call that copies many.
func (m *Meter) Copied(read, wrote int64) {
	m.received.Add(uint64(max(read, 0)))
	m.sent.Add(uint64(max(wrote, 0)))
}

// Bytes returns how many there were.
func (m *Meter) Bytes() (received, sent uint64) { return m.received.Load(), m.sent.Load() }

// Untold returns how many there were that nobody was told of.
func (m *Meter) Untold() uint64 {
	return m.received.Load() + m.sent.Load() - m.toldReceived.Load() - m.toldSent.Load()
}

// Tell tells of what is new. Somebody may know already of more than was counted, such as the
// kernel, while a call has not returned: at least so much there was.
func (m *Meter) Tell(to Conns, atLeastReceived, atLeastSent uint64) {
	received := grown(&m.toldReceived, max(atLeastReceived, m.received.Load()))
	sent := grown(&m.toldSent, max(atLeastSent, m.sent.Load()))
	if received > 0 || sent > 0 {
		to.Moved(received, sent)
	}
}

// grown raises a counter, and returns by how much.
func grown(told *atomic.Uint64, now uint64) uint64 {
	for {
		before := told.Load()
		if now <= before {
			return 0
		}
		if told.CompareAndSwap(before, now) {
			return now - before
		}
	}
}
