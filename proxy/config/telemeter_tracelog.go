package config

import (
	"context"
	"encoding/hex"
	"io"
	"log/slog"
	"os"
	"strings"

	"go.opentelemetry.io/otel/codes"

	"github.com/meshhop/meshhop/trace"
)

// tracelogTelemeter is io.l5d.tracelog.
func tracelogTelemeter(d *Decoder) (Telemeter, error) {
	rate := sampleRate(d, "sampleRate", 1)
	level := strings.ToUpper(d.Text("level", "INFO"))
	switch level {
	case "OFF", "FATAL", "CRITICAL", "ERROR", "WARNING", "INFO":
	case "DEBUG", "TRACE", "ALL":
		d.Noticef("level", "is written in each line but filters none: there is no log level here")
	default:
		d.Errorf("level", "must be one of OFF, FATAL, CRITICAL, ERROR, WARNING, INFO, DEBUG, TRACE, ALL, not %s", quoted(level))
	}
	return Telemeter{
		New: func(o BuildOptions) (trace.Exporter, error) {
			if o.TraceLog == nil {
				return newTracelog(os.Stderr, level), nil
			}
			return newTracelog(o.TraceLog, level), nil
		},
		Target:     "log",
		SampleRate: rate,
		Follows:    true,
	}, nil
}

// tracelog writes a line for each span. The handler quotes values that came from
// clients.
type tracelog struct{ log *slog.Logger }

func newTracelog(out io.Writer, level string) tracelog {
	return tracelog{slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && a.Key == slog.LevelKey {
				a.Value = slog.StringValue(level)
			}
			return a
		},
	}))}
}

func (t tracelog) Export(ctx context.Context, spans []*trace.Record) error {
	for _, s := range spans {
		attributes := []slog.Attr{
			slog.String("trace", hex.EncodeToString(s.Trace[:])),
			slog.String("span", s.Span.String()),
		}
		if s.Parent.IsValid() {
			attributes = append(attributes, slog.String("parent", s.Parent.String()))
		}
		attributes = append(attributes,
			slog.String("kind", s.Kind.String()),
			slog.String("service", s.Service),
			slog.String("name", s.Name),
			slog.Time("start", s.Start),
			slog.Duration("duration", s.End.Sub(s.Start)))
		if s.Status == codes.Error {
			attributes = append(attributes, slog.String("error", s.StatusText))
		}
		for _, tag := range s.Attributes {
			attributes = append(attributes, slog.String("tag."+string(tag.Key), tag.Value.String()))
		}
		for _, event := range s.Events {
			attributes = append(attributes, slog.Duration("event."+event.Name, event.Time.Sub(s.Start)))
		}
		t.log.LogAttrs(ctx, slog.LevelInfo, "span", attributes...)
	}
	return nil
}

func (t tracelog) Shutdown(context.Context) error { return nil }
