// Package loglevel has the names of the levels of the process's log: those of package
// slog, and Linkerd's (com.twitter.logging.Level).
package loglevel

import (
	"log/slog"
	"strings"
)

// Parse reads the name of a level, in upper or lower case: debug, info, warn or error, or
// one of Linkerd's, of which all and trace are debug here, warning is warn, and critical,
// fatal and off are error.
func Parse(name string) (l slog.Level, ok bool) {
	switch strings.ToLower(name) {
	case "all", "trace", "debug":
		return slog.LevelDebug, true
	case "info":
		return slog.LevelInfo, true
	case "warn", "warning":
		return slog.LevelWarn, true
	case "error", "critical", "fatal", "off":
		return slog.LevelError, true
	}
	return 0, false
}

// Name returns the name that Linkerd has for a level.
func Name(l slog.Level) string {
	if l == slog.LevelWarn {
		return "WARNING"
	}
	return l.String()
}
