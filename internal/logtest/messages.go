package logtest

import (
	"context"
	"log/slog"
)

// MessagesTo is a log of which a test is told the messages.
func MessagesTo(f func(string)) *slog.Logger { return slog.New(messageHandler(f)) }

type messageHandler func(string)

func (messageHandler) Enabled(context.Context, slog.Level) bool { return true }
func (f messageHandler) WithAttrs([]slog.Attr) slog.Handler     { return f }
func (f messageHandler) WithGroup(string) slog.Handler          { return f }

func (f messageHandler) Handle(_ context.Context, r slog.Record) error {
	f(r.Message)
	return nil
}
