// Package logtest has loggers for tests.
package logtest

import (
	"context"
	"log/slog"
)

// handler is told each record, of every level.
type handler func(slog.Record)

func (handler) Enabled(context.Context, slog.Level) bool { return true }
func (h handler) WithAttrs([]slog.Attr) slog.Handler     { return h }
func (h handler) WithGroup(string) slog.Handler          { return h }

func (h handler) Handle(_ context.Context, r slog.Record) error {
	h(r)
	return nil
}
