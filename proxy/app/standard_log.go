package app

import (
	"log/slog"
	"strings"
)

// standardLog takes what libraries write to the standard logger, and writes it to
// the hop's own log: net/http has no other place to report an unsolicited response,
// whose bytes are the peer's.
type standardLog struct{ log *slog.Logger }

func (w standardLog) Write(p []byte) (int, error) {
	const most = 500
	text := strings.TrimSuffix(string(p[:min(len(p), most)]), "\n")
	if len(p) > most {
		text = strings.ToValidUTF8(text, "") + "..."
	}
	w.log.Warn("of a library", slog.String("text", text))
	return len(p), nil
}
