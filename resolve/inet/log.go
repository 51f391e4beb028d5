package inet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/meshhop/meshhop/internal/trouble"
)

// log logs hosts without addresses, within bounds.
type log struct {
	to    *slog.Logger // nil: nobody
	lines trouble.Lines
}

// nowhere notes a look-up of a host that found no address.
func (l *log) nowhere(host string, err error, gone *trouble.Trouble) {
	times, ok := gone.Happened(1)
	if !ok || !l.room() {
		return
	}
	if err == nil {
		err = errors.New("no such host")
	}
	attributes := []slog.Attr{slog.Any("error", fmt.Errorf("inet: %q: %w", host, err))}
	if times > 1 {
		attributes = append(attributes, slog.Uint64("times", times))
	}
	l.to.LogAttrs(context.Background(), slog.LevelWarn, "looking up hosts", attributes...)
}

// found notes a look-up of a host that found addresses.
func (l *log) found(host string, gone *trouble.Trouble) {
	if times, lasted, ok := gone.Over(); ok && l.room() {
		l.to.LogAttrs(context.Background(), slog.LevelInfo, "a host has addresses again",
			slog.String("host", host), slog.Uint64("times", times), slog.Duration("after", lasted.Round(time.Millisecond)))
	}
}

func (l *log) room() bool {
	if l.to == nil {
		return false
	}
	_, ok := l.lines.Room()
	return ok
}
