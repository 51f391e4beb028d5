package router

import (
	"net/http"
	"slices"
	"testing"

	"github.com/meshhop/meshhop/trace/tracetest"
)

// TestServerSpan: the server span says why a request failed and in which step; a
// request that did not fail changes nothing of it.
func TestServerSpan(t *testing.T) {
	for _, row := range []struct {
		name      string
		err       error
		service   bool // it had one
		found     bool // it had a replica set
		step      string
		timedOut  bool
		forbidden uint64
	}{
		{name: "no error", service: true, found: true},
		{name: "unidentified", err: &Error{Kind: Unidentified}, step: "Identification"},
		{name: "a loop", err: &Error{Kind: looped}, step: "Identification"},
		{name: "closed", err: &Error{Kind: Closed}, step: "ClientAcquisition"},
		{name: "a stage says so", err: &Error{Kind: looped}, service: true, found: true, step: "Service"},
		{name: "not bound", err: &Error{Kind: NoReplicas}, service: true, step: "ClientAcquisition"},
		{name: "bound, but empty", err: &Error{Kind: NoReplicas}, service: true, found: true, step: "ClientAcquisition"},
		{name: "bound, and then its look-up failed", err: &Error{Kind: BindingFailed}, service: true, found: true, step: "ClientAcquisition"},
		{name: "no connection", err: &Error{Kind: ConnectFailed}, service: true, found: true, step: "ClientAcquisition"},
		{name: "forbidden", err: &Error{Kind: Forbidden}, service: true, step: "ClientAcquisition", forbidden: 1},
		{name: "failed", err: &Error{Kind: RequestFailed}, service: true, found: true, step: "Service"},
		{name: "the last attempt timed out", err: &Error{Kind: AttemptTimeout}, service: true, found: true, step: "Service"},
		{name: "timed out", err: &Error{Kind: TotalTimeout}, service: true, found: true, step: "Service", timedOut: true},
		{name: "the deadline passed", err: &Error{Kind: DeadlineExceeded}, service: true, found: true, step: "Service", timedOut: true},
		{name: "an error of a stage of the program's own", err: errFake, service: true, found: true, step: "Service"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newAlone(t)
			stage := &serverSpan{s.Router, s.below}
			s.below.does = func(x *exchange) (*http.Response, error) {
				if x.found = row.found; !row.service {
					x.service = nil
				}
				return nil, row.err
			}
			span := s.serve()
			if _, err := stage.do(s.x); err != row.err {
				t.Error(err)
			}
			stage.done(s.x, Outcome{end: endLeft})
			s.below.want(t, "do", "left")
			record := s.recorded(span)
			if step := tagOf(record, "io.buoyant.router.Failure"); step != row.step {
				t.Errorf("the step is %q, want %q", step, row.step)
			}
			if timedOut := slices.Contains(tracetest.Events(record), "finagle.timeout"); timedOut != row.timedOut {
				t.Errorf("timed out: %v", timedOut)
			}
			s.x.local.ServerSpan = nil
			if _, err := stage.do(s.x); err != row.err { // without a span
				t.Error(err)
			}
			if n := s.Stats().Forbidden; n != 2*row.forbidden {
				t.Errorf("%d forbidden in two requests", n)
			}
		})
	}
}
