package inet

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// maxLogged bounds how many hosts are logged in a minute.
const maxLogged = 10

// log logs hosts without addresses, within bounds.
type log struct {
	to *slog.Logger // nil: nobody

	mu     sync.Mutex
	minute time.Time // when the count began
	count  int
}

func (l *log) nowhere(host string, err error) {
	if l.to == nil || !l.room() {
		return
	}
	if err == nil {
		err = errors.New("no such host")
	}
	l.to.Warn("looking up hosts", "error", fmt.Errorf("inet: %q: %w", host, err))
}

func (l *log) room() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); now.Sub(l.minute) >= time.Minute {
		l.minute, l.count = now, 0
	}
	l.count++
	return l.count <= maxLogged
}
