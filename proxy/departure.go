package proxy

import "time"

// departure closes connections of a server that drains, in stages, so that
// neither a request nor an answer is lost that was sent in time (RFC 9112
// section 9.6).
//
// A client may be sending a request at the very moment in which its idle
// connection is closed, and there is no way to tell it apart from one that
// is not. But most connections that are in use will have a request soon: that
// is awaited, and its answer says that the connection closes. One that has
// none, and nothing to read either, is closed in one direction, which the
// client sees; what was sent before the client saw it is read and dropped,
// rather than answered with a reset.
type departure struct {
	patience time.Duration
	seen     map[tracked]sight
}

// sight is what a connection did, and since when.
type sight struct {
	word  uint64 // of its life
	since time.Time
}

// lingering is how long a connection that was closed in one direction is read
// from: longer than a packet takes there and back.
const lingering = 200 * time.Millisecond

func (d *departure) look(t tracked, now time.Time) {
	word := t.alive().word.Load()
	at, known := d.seen[t]
	if !known || at.word != word {
		at = sight{word, now}
		d.seen[t] = at
	}
	switch still := now.Sub(at.since); word & doing {
	case waiting:
		if still >= d.patience && quiet(t) && t.alive().leave(word) {
			closeWrite(t)
		}
	case leaving:
		if still >= lingering {
			t.Close()
		}
	}
}
