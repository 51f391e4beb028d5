package main

import (
	"io"
	"log/slog"
	"strings"
)

// standardLog takes what libraries write to the standard logger, and writes it
// as the hop's own log: net/http tells nobody else of an answer that nobody
// asked for, with the peer's bytes.
func standardLog(to io.Writer) io.Writer { return standardWriter{logger(to)} }

type standardWriter struct{ log *slog.Logger }

func (w standardWriter) Write(p []byte) (int, error) {
	const most = 500
	text := strings.TrimSuffix(string(p[:min(len(p), most)]), "\n")
	if len(p) > most {
		text = strings.ToValidUTF8(text, "") + "..."
	}
	w.log.Warn("of a library", slog.String("text", text))
	return len(p), nil
}
