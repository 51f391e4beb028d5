package serve

import (
	"context"
	"log/slog"
	"strings"

	"github.com/meshhop/meshhop/internal/trouble"
)

// connLog takes what net/http says of connections and of handlers that panic, a few lines
// a minute, because clients can cause it.
type connLog struct {
	to    *slog.Logger
	lines trouble.Lines
}

func (l *connLog) Write(p []byte) (int, error) {
	if missed, ok := l.lines.Room(); ok {
		var attributes []slog.Attr
		if missed > 0 {
			attributes = append(attributes, slog.Uint64("missed", missed))
		}
		l.to.LogAttrs(context.Background(), slog.LevelInfo, strings.TrimSuffix(string(p), "\n"), attributes...)
	}
	return len(p), nil
}
