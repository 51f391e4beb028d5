package serve

import (
	"time"

	"github.com/meshhop/meshhop/internal/httpx"
)

// departure closes the connections of a server that drains, in stages, so that no
// request and no response is lost that was sent in time (RFC 9112 section 9.6).
//
// A client may send a request at the very moment in which its idle connection is
// closed, and the server cannot know that. But most connections that are in use get
// a request soon: the server waits for it, and its response says that the connection
// closes. A connection that stays idle for longer is half-closed (FIN). Anything
// that the client sent before it saw the FIN is read and discarded, so that the
// client gets EOF and not a reset.
type departure struct {
	patience time.Duration
	seen     map[tracked]sight
}

// sight is the state that a connection was seen in, and since when it is in it.
type sight struct {
	word  uint64 // of its life
	since time.Time
}

// lingering is how long the server reads from a half-closed connection: longer than
// a packet takes there and back.
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
			httpx.CloseWrite(t)
		}
	case leaving:
		if still >= lingering {
			t.Close()
		}
	}
}
