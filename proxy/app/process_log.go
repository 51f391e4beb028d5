package app

import (
	"flag"
	"fmt"
	"io"
	"log/slog"

	"github.com/meshhop/meshhop/internal/loglevel"
)

// processLog is the log of the process, unless the program brought one of its own.
type processLog struct {
	level slog.LevelVar // changed by flags and by the admin server
	json  bool
}

// logger returns a logger that writes lines.
func (l *processLog) logger(to io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: &l.level}
	if l.json {
		return slog.New(slog.NewJSONHandler(to, options))
	}
	return slog.New(slog.NewTextHandler(to, options))
}

// flags defines the flags of the log.
func (l *processLog) flags(flags *flag.FlagSet) {
	flags.Func("log-format", "`text or json`: how the process's log is written; with json nothing else is printed while it runs", func(text string) error {
		if l.json = text == "json"; !l.json && text != "text" {
			return fmt.Errorf("must be text or json")
		}
		return nil
	})
	level := func(text string) error {
		to, ok := loglevel.Parse(text)
		if !ok {
			return fmt.Errorf("must be debug, info, warn or error")
		}
		l.level.Set(to)
		return nil
	}
	flags.Func("log-level", "the least `level` that is logged: debug, info, warn or error (default info); the admin server's /logging changes it", level)
	flags.Func("log.level", "the same flag under Linkerd's name; it takes Linkerd's `levels` too", level)
}
