package trouble

import (
	"sync"
	"time"
)

// Lines bounds how many lines of one kind a log gets in a minute, for lines of which no
// two say the same. The zero value is ready. It is safe for concurrent use.
type Lines struct {
	mu     sync.Mutex
	began  time.Time // of the minute
	count  int       // lines since then
	missed uint64    // since the last line that was written
}

// MaxLines is how many lines there may be in a minute.
const MaxLines = 10

// Room reports whether one more line may be written now; missed is then how many were
// not since the last one.
func (l *Lines) Room() (missed uint64, ok bool) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.began) >= Every {
		l.began, l.count = now, 0
	}
	if l.count == MaxLines {
		l.missed++
		return 0, false
	}
	l.count++
	missed, l.missed = l.missed, 0
	return missed, true
}
