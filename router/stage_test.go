package router

import (
	"reflect"
	"slices"
	"testing"
	"unsafe"
)

// TestStages: the stages of a router are those that the comment of stage and the
// module's doc.go tell of, in that order.
func TestStages(t *testing.T) {
	r, d := bound(t)
	s := r.serviceOf(d.path)
	defer r.services.release(s)
	var c *client
	r.clients.values(func(one *client) { c = one })
	if c == nil {
		t.Fatal("no client")
	}
	for _, part := range []struct {
		of   string
		from any
		want []string
	}{
		{"router", r.stages, []string{"counting", "receive", "serverSpan", "identify"}},
		{"service", s.stages, []string{"counting", "latency", "deadline", "retry", "bind"}},
		{"client", c.stages, []string{"requeue", "pick"}},
		{"endpoint", &c.set.Endpoints()[0].Transport().(*reach).attempts,
			[]string{"attempts", "clientSpan", "accrual", "classify", "diagnose", "attemptDeadline", "header", "send"}},
	} {
		if got := stack(part.from); !slices.Equal(got, part.want) {
			t.Errorf("the stages of a %s are %v, want %v", part.of, got, part.want)
		}
	}
}

// stack is the names of the types of a stage and those below it.
func stack(of any) []string {
	v := reflect.ValueOf(of).Elem()
	names := []string{v.Type().Name()}
	below := v.FieldByName("below")
	if !below.IsValid() {
		return names
	}
	next := reflect.NewAt(below.Type(), unsafe.Pointer(below.UnsafeAddr())).Elem() // the field is not exported
	return append(names, stack(next.Interface())...)
}
