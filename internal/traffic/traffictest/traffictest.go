// Package traffictest checks whether an HTTP/1.1 server tells a traffic.Server what it
// promises: each byte, each request and each connection once, whatever its client does.
package traffictest

import (
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/traffic"
)

// A Subject is a server under test.
type Subject struct {
	// Start serves handler at l and tells observer. It looks at its connections every few
	// milliseconds, and does not take a head of more than MaxHead bytes. Drain ends it
	// gracefully, and returns when that is done; it may be called twice.
	Start func(t testing.TB, handler http.Handler, l net.Listener, observer traffic.Server) (drain func())
	// StartSlow is Start with these limits instead; l is in memory, in a bubble of
	// testing/synctest.
	StartSlow func(t testing.TB, handler http.Handler, l net.Listener, observer traffic.Server) (drain func())
	// HeadBytes says that the server knows how long heads are.
	HeadBytes bool
}

// The limits of the servers.
const (
	MaxHead     = 16 << 10
	HeadTimeout = 30 * time.Second
	IdleTimeout = 100 * time.Second
)

// TestServer runs all checks.
func TestServer(t *testing.T, s Subject) {
	t.Run("exchanges", s.exchanges)
	t.Run("refusals", s.refusals)
	t.Run("clients that leave", s.leaving)
	t.Run("bytes under way", s.underWay)
	t.Run("times", s.times)
	t.Run("drain", s.drains)
}
