package main

import (
	"context"
	"fmt"
	"io"

	"github.com/meshhop/meshhop/trace"
)

// printer is an exporter that writes a line for each span.
type printer struct{ out io.Writer }

func (p printer) Export(_ context.Context, spans []*trace.Record) error {
	for _, s := range spans {
		_, err := fmt.Fprintf(p.out, "trace %s span %s parent %s %s %s %q %v\n",
			s.Trace, s.Span, s.Parent, s.Kind, s.Service, s.Name, s.End.Sub(s.Start))
		if err != nil {
			return err
		}
	}
	return nil
}

func (printer) Shutdown(context.Context) error { return nil }
