package tracetest

import (
	"strings"
	"testing"

	"github.com/meshhop/meshhop/trace"
)

// AssertTree fails the test unless the records form the wanted tree and are in
// order: ids are valid and distinct, a span is not its own ancestor and does not
// end before it starts, the parent of a client span is a server span, and that of
// a server span, where it is there, is a client span. The text is that of Format; what all its lines are indented by, and
// empty lines around it, do not count, and tabs count as two spaces. Roots,
// those of other traces included, stand below each other.
//
// Zipkin lower-cases names: for records from there, give it
// strings.ToLower(want).
func AssertTree(t testing.TB, records []*trace.Record, want string) {
	t.Helper()
	got := Format(records)
	if want := dedent(want); got != want {
		t.Errorf("spans differ (- want, + got):\n%s", diff(want, got))
	}
	if err := check(records); err != nil {
		t.Errorf("spans are not in order: %v", err)
	}
}

// Find returns the only record with this service and name, and fails the test
// at once if there are none or several. An empty string matches any.
func Find(t testing.TB, records []*trace.Record, service, name string) *trace.Record {
	t.Helper()
	var found []*trace.Record
	for _, r := range records {
		if (service == "" || r.Service == service) && (name == "" || r.Name == name) {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d spans of service %q with name %q in\n%s", len(found), service, name, Format(records))
	}
	return found[0]
}

// Tags returns a record's attributes as text.
func Tags(r *trace.Record) map[string]string {
	tags := make(map[string]string, len(r.Attributes))
	for _, kv := range r.Attributes {
		tags[string(kv.Key)] = kv.Value.String()
	}
	return tags
}

// Events returns the names of a record's events in order.
func Events(r *trace.Record) []string {
	var names []string
	for _, e := range r.Events {
		names = append(names, e.Name)
	}
	return names
}

func dedent(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\t", "  "), "\n")
	margin := -1
	kept := lines[:0]
	for _, l := range lines {
		l = strings.TrimRight(l, " ")
		if l == "" {
			continue
		}
		kept = append(kept, l)
		if indent := len(l) - len(strings.TrimLeft(l, " ")); margin < 0 || indent < margin {
			margin = indent
		}
	}
	var b strings.Builder
	for _, l := range kept {
		b.WriteString(l[margin:])
		b.WriteByte('\n')
	}
	return b.String()
}
