package logtest

import "log/slog"

// MessagesTo is a log of which a test is told the messages.
func MessagesTo(f func(string)) *slog.Logger {
	return slog.New(handler(func(r slog.Record) { f(r.Message) }))
}
