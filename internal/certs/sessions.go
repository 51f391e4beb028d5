package certs

import (
	"crypto/tls"
	"sync"
	"time"
)

const (
	// maxSessions bounds the sessions of a client that are kept, one for each server.
	maxSessions = 1000
	// maxSessionAge bounds the time from a handshake in which a server has shown its
	// certificate to one that relies on it. A connection that is in use may be as old.
	maxSessionAge = 10 * time.Minute
)

// sessions are those of a client with its servers: a next handshake with a server may go on
// with the one before, which saves the certificates and what it costs to check them. Its
// certificate and name are verified all the same, against the roots that are trusted then.
//
// A session is not resumed once the set has other files, once a certificate with which it
// began has expired, or after ten minutes: then the server shows what it has now.
//
// As a tls.ClientSessionCache it keeps nothing, because that is not told the server's
// address, and servers of one name have no sessions in common.
type sessions struct {
	set *Set

	mu  sync.Mutex
	all map[string]session // by the server's address
}

type session struct {
	state   *tls.ClientSessionState
	version uint64    // of the set
	until   time.Time // when it must not be resumed any more
}

func (*sessions) Get(string) (*tls.ClientSessionState, bool) { return nil, false }
func (*sessions) Put(string, *tls.ClientSessionState)        {}

// For returns the configuration for one handshake with a server.
func (s *sessions) For(config *tls.Config, addr string) *tls.Config {
	one := &serverSession{sessions: s, addr: addr, version: s.set.Version().Load()}
	own := config.Clone()
	own.ClientSessionCache = one
	own.VerifyConnection = func(state tls.ConnectionState) error {
		if !state.DidResume {
			one.until = time.Now().Add(maxSessionAge)
			for _, c := range state.PeerCertificates {
				if c.NotAfter.Before(one.until) {
					one.until = c.NotAfter
				}
			}
		}
		if config.VerifyConnection == nil {
			return nil
		}
		return config.VerifyConnection(state)
	}
	return own
}

// serverSession is the tls.ClientSessionCache of one connection.
type serverSession struct {
	*sessions
	addr    string
	version uint64 // of the set, before the handshake
	until   time.Time
}

func (s *serverSession) Get(string) (*tls.ClientSessionState, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.all[s.addr]
	if !ok || found.version != s.version || !time.Now().Before(found.until) {
		delete(s.all, s.addr)
		return nil, false
	}
	s.until = found.until
	return found.state, true
}

// Put keeps a session; nil: none is good any more. It is called in the handshake and, with
// TLS 1.3, by reads after it.
func (s *serverSession) Put(_ string, state *tls.ClientSessionState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if state == nil {
		delete(s.all, s.addr)
		return
	}
	if s.all == nil {
		s.all = map[string]session{}
	}
	if _, there := s.all[s.addr]; !there && len(s.all) >= maxSessions {
		for any := range s.all { // one of them makes room
			delete(s.all, any)
			break
		}
	}
	s.all[s.addr] = session{state, s.version, s.until}
}
