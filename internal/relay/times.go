package relay

import (
	"net/netip"
	"sync"
	"time"
)

// Times is what was seen of one exchange on the wire. It is safe for concurrent use.
// If a request is sent again on another connection, it is about the last one.
type Times struct {
	mu           sync.Mutex
	connection   *Addresses
	wrote, began int64 // in nanoseconds, as of time.Time.UnixNano: a third of a time.Time
}

// Addresses are the two ends of a connection; zero for one that is not of IP.
type Addresses struct {
	Local, Remote netip.AddrPort
	Secure        *Secure // nil: the connection has no TLS
}

// Secure says how a connection was made secure.
type Secure struct {
	Version uint16 // as in crypto/tls
	Name    string // that the peer's certificate is for; empty: none was compared, or it is not known
}

// Seen is a moment's copy of [Times]. A time is zero as long as it has not come.
type Seen struct {
	Connection *Addresses // nil: there is none yet
	Wrote      time.Time  // all of the request was written
	Began      time.Time  // the first byte of a response came
}

// Seen returns what was seen until now.
func (t *Times) Seen() Seen {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Seen{t.connection, at(t.wrote), at(t.began)}
}

func at(nanoseconds int64) time.Time {
	if nanoseconds == 0 {
		return time.Time{}
	}
	return time.Unix(0, nanoseconds)
}

func (t *Times) connected(c *Addresses) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.connection = c
	t.wrote, t.began = 0, 0
}

// sent is told when all of the request was written.
func (t *Times) sent() {
	now := time.Now().UnixNano()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wrote = now
}

// responded is told when the first byte of a response came.
func (t *Times) responded() {
	now := time.Now().UnixNano()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.began = now
}
