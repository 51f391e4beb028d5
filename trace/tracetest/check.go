package tracetest

import (
	"errors"
	"fmt"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/trace"
)

// check returns what is wrong with records. It checks what holds for every hop: ids are valid and distinct, a span is not its own ancestor and
// does not end before it starts, the parent of a client span is a server span,
// and that of a server span, where it is there, is a client span.
func check(records []*trace.Record) error {
	var all []error
	byID := make(map[spanKey]*trace.Record, len(records))
	for _, r := range records {
		key := spanKey{r.Trace, r.Span}
		switch {
		case !r.IsValid():
			all = append(all, fmt.Errorf("%s: no valid ids (trace %v)", describe(r), r.Trace))
			continue
		case byID[key] != nil:
			all = append(all, fmt.Errorf("%s has the id of %s", describe(r), describe(byID[key])))
			continue
		case r.End.Before(r.Start):
			all = append(all, fmt.Errorf("%s ends before it starts", describe(r)))
		}
		byID[key] = r
	}
	for _, r := range byID {
		parent := byID[spanKey{r.Trace, r.Parent}]
		switch {
		case parent == nil || !r.Parent.IsValid():
		case r.Kind == oteltrace.SpanKindClient && parent.Kind != oteltrace.SpanKindServer:
			all = append(all, fmt.Errorf("%s is below %s, not below a server span", describe(r), describe(parent)))
		case r.Kind == oteltrace.SpanKindServer && parent.Kind != oteltrace.SpanKindClient:
			all = append(all, fmt.Errorf("%s is below %s, not below a client span", describe(r), describe(parent)))
		}
	}
	n := 0
	walk(treeOf(records), func(*node, int) { n++ })
	if n != len(records) {
		all = append(all, fmt.Errorf("%d spans are their own ancestors", len(records)-n))
	}
	return errors.Join(all...)
}

func describe(r *trace.Record) string {
	return fmt.Sprintf("%s span %v %q of %s", r.Kind, r.Span, r.Name, r.Service)
}
