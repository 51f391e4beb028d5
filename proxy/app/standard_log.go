package app

import (
	"context"
	"log/slog"
	"strings"

	"github.com/meshhop/meshhop/internal/trouble"
)

// standardLog takes what libraries write to the standard logger, and writes it to
// the hop's own log: net/http has no other place to report an unsolicited response,
// whose bytes are the peer's.
type standardLog struct {
	log   *slog.Logger
	lines *trouble.Lines // peers can cause them
}

func (w standardLog) Write(p []byte) (int, error) {
	missed, ok := w.lines.Room()
	if !ok {
		return len(p), nil
	}
	const most = 500
	text := strings.TrimSuffix(string(p[:min(len(p), most)]), "\n")
	if len(p) > most {
		text = strings.ToValidUTF8(text, "") + "..."
	}
	attributes := []slog.Attr{slog.String("text", text)}
	if missed > 0 {
		attributes = append(attributes, slog.Uint64("missed", missed))
	}
	w.log.LogAttrs(context.Background(), slog.LevelWarn, "of a library", attributes...)
	return len(p), nil
}
