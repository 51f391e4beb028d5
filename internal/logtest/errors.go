// Package logtest has loggers for tests.
package logtest

import (
	"context"
	"log/slog"
)

// ErrorsTo is a log of which a test is told the errors.
func ErrorsTo(f func(error)) *slog.Logger { return slog.New(errorHandler(f)) }

type errorHandler func(error)

func (errorHandler) Enabled(context.Context, slog.Level) bool { return true }
func (f errorHandler) WithAttrs([]slog.Attr) slog.Handler     { return f }
func (f errorHandler) WithGroup(string) slog.Handler          { return f }

func (f errorHandler) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if err, ok := a.Value.Any().(error); ok {
			f(err)
		}
		return true
	})
	return nil
}
