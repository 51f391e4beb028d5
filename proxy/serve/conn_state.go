package serve

import "sync/atomic"

// connState is what a connection does, and whether it waits for its peer.
type connState struct {
	// word has the state in its low bits and above them the number of requests that
	// the connection has finished: it changes with every request.
	word          atomic.Uint64
	reads, writes atomic.Uint32 // calls that wait, or waited, for the peer: odd within one
	home          *conns
	closed        atomic.Bool
	late          atomic.Bool // it is closed because its head did not come in time
	expired       atomic.Bool // it has been open for as long as it may
	account       account
	onClose       func()      // nil: nothing
	secure        *secureConn // with TLS
	http2         atomic.Pointer[http2Conn]
	early         []byte // what was read and is to be read again
}

// The states of a connection.
const (
	stateIdle       uint64 = 0 // waits for the first byte of a request
	stateHead       uint64 = 1 // reads the head of a request
	stateHalfClosed uint64 = 2 // input is discarded: it arrived after the server stopped accepting requests
	stateActive     uint64 = 3 // serves a request, until the response is written

	stateMask uint64 = 3
	pipelined uint64 = 4 // while active: the first byte of the next request has arrived
	seq       uint64 = 8 // added for each finished request
)

// inputArrived records that a request has begun or, while one is being served, that
// the next one has. It returns false if the connection takes no more requests.
func (s *connState) inputArrived(next bool) bool {
	for {
		now := s.word.Load()
		then := now | stateHead
		switch now & stateMask {
		case stateHalfClosed:
			return false
		case stateHead:
			return true
		case stateActive:
			if !next {
				return true
			}
			then = now | pipelined
		}
		if s.word.CompareAndSwap(now, then) {
			return true
		}
	}
}

// headArrived records that the head of a request is complete. Its first byte may have
// been read while the previous request was served.
func (s *connState) headArrived() {
	for {
		now := s.word.Load()
		if now&stateMask == stateHalfClosed || s.word.CompareAndSwap(now, now|stateActive) {
			return
		}
	}
}

// streamsBegin records that a connection of HTTP/2 has streams, or that its preface has come.
// Its other states count less: what came before the client knew of them is served.
func (s *connState) streamsBegin() {
	for {
		now := s.word.Load()
		if s.word.CompareAndSwap(now, now|stateActive) {
			return
		}
	}
}

// finish records that the response is written.
func (s *connState) finish() {
	for {
		now := s.word.Load()
		then := now&^stateMask + seq
		switch {
		case now&stateMask != stateActive:
			return
		case now&pipelined != 0:
			then = now&^(stateMask|pipelined) | stateHead + seq // and the next one has begun
		}
		if s.word.CompareAndSwap(now, then) {
			return
		}
	}
}

// refuseInput makes a connection that is idle take no more requests. It returns false
// if the connection is not idle, or if its state is no longer word.
func (s *connState) refuseInput(word uint64) bool {
	return word&stateMask == stateIdle && s.word.CompareAndSwap(word, word|stateHalfClosed)
}
