package api

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"syscall"
	"time"
)

const (
	// logAgain is when the log is told again of a trouble that lasts.
	logAgain = 10 * time.Minute
	// starting is how long a refused connection is no trouble: the kubectl
	// proxy beside the hop starts at the same time.
	starting = 10 * time.Second
	// maxLogged bounds the different troubles that are remembered.
	maxLogged = 64
)

// log is told of each trouble once, however many watches have it, and again when
// it has lasted.
type log struct {
	to    *slog.Logger
	begun time.Time

	mu    sync.Mutex
	told  map[string]time.Time
	began time.Time // of the first trouble that the log was told of; zero: there is none
}

func newLog(to *slog.Logger) *log {
	if to == nil {
		to = slog.New(slog.DiscardHandler)
	}
	return &log{to: to, begun: time.Now(), told: make(map[string]time.Time)}
}

func (l *log) trouble(err error, again time.Duration) {
	if !l.news(err.Error(), again) {
		return
	}
	l.mu.Lock()
	if l.began.IsZero() {
		l.began = time.Now()
	}
	l.mu.Unlock()
	level := slog.LevelWarn
	if errors.Is(err, syscall.ECONNREFUSED) && time.Since(l.begun) < starting {
		level = slog.LevelDebug
	}
	l.to.Log(context.Background(), level, "asking the Kubernetes API", "error", err)
}

// over tells, once for all watches, that the server answers again.
func (l *log) over() {
	l.mu.Lock()
	began := l.began
	l.began = time.Time{}
	l.mu.Unlock()
	if !began.IsZero() {
		l.to.Info("the Kubernetes API answers again", "after", time.Since(began).Round(time.Millisecond))
	}
}

// Warn tells of something that is no trouble with the server, in Linkerd's words
// where people look for them; each text once in ten minutes.
func (c *Client) Warn(text string) {
	if c.log.news(text, logAgain) {
		c.log.to.Warn(text)
	}
}

func (l *log) news(text string, again time.Duration) bool {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if at, told := l.told[text]; told && now.Sub(at) < again {
		return false
	}
	if len(l.told) >= maxLogged {
		for old, at := range l.told {
			if now.Sub(at) >= logAgain {
				delete(l.told, old)
			}
		}
		if len(l.told) >= maxLogged {
			return false
		}
	}
	l.told[text] = now
	return true
}
