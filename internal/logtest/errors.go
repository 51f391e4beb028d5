package logtest

import "log/slog"

// ErrorsTo is a log of which a test is told the errors.
func ErrorsTo(f func(error)) *slog.Logger {
	return slog.New(handler(func(r slog.Record) {
		r.Attrs(func(a slog.Attr) bool {
			if err, ok := a.Value.Any().(error); ok {
				f(err)
			}
			return true
		})
	}))
}
