package relay

import (
	"net/netip"
	"sync"
	"time"
)

// Times is what was seen of one exchange on the wire. It is safe for concurrent use.
// If a request is sent again on another connection, it is about the last one.
type Times struct {
	mu  sync.Mutex
	now Seen
}

// Seen is a moment's copy of [Times]. A time is zero as long as it has not come.
type Seen struct {
	Local, Remote netip.AddrPort // of the connection; zero for one that is not of IP
	Wrote         time.Time      // all of the request was written
	Began         time.Time      // the first byte of a response came
}

// Seen returns what was seen until now.
func (t *Times) Seen() Seen {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.now
}

func (t *Times) connected(local, remote netip.AddrPort) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now = Seen{Local: local, Remote: remote}
}

func (t *Times) wrote() {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now.Wrote = now
}

func (t *Times) began() {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now.Began = now
}
