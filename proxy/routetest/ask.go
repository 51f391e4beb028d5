package routetest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/resolve"
)

// Ask says where a request goes that comes to the first server of a router; an
// empty label means the first router. The request is as a server has read it:
// [http.ReadRequest] and [httptest.NewRequest] make such ones. What is wrong
// with the configuration or the label ends the test.
func (r *Routes) Ask(label string, request *http.Request) *Route {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	var c catcher
	b, err := r.build(&c)
	if err != nil {
		r.t.Fatalf("routetest:\n%v", err)
	}
	defer func() {
		if err := b.close(); err != nil {
			r.t.Errorf("routetest: closing: %v", err)
		}
	}()
	if label == "" {
		label = b.first
	}
	handler := b.handlers[label]
	if handler == nil {
		r.t.Fatalf("routetest: no server of a router %q", label)
	}
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	if !c.caught {
		return &Route{Err: refusal(answer)}
	}
	route := &Route{Name: c.name, Dtab: c.dtab}
	route.bind(c.inner)
	return route
}

// refusal is why a request did not come as far as to be bound.
func refusal(answer *httptest.ResponseRecorder) error {
	text := strings.TrimSpace(answer.Body.String())
	for name, values := range answer.Header() {
		if text == "" && strings.EqualFold(name, ctxhdr.ErrName) { // of an answer without a body
			text, _ = ctxhdr.DecodeErr(values[0])
		}
	}
	return fmt.Errorf("refused with %d %s: %s", answer.Code, http.StatusText(answer.Code), text)
}

var errPending = errors.New("no answer yet: requests wait for their name, and then fail")

// bind finds what the name is bound to now: fakes answer at once or not at all.
func (r *Route) bind(in resolve.Interpreter) {
	activity := in.Bind(r.Dtab, r.Name)
	defer activity.Observe(func(resolve.State[resolve.NameTree[*resolve.Bound]]) {})()
	switch state := activity.Sample(); state.Status {
	case resolve.OK:
		r.Bound = state.Value
		r.shares()
	case resolve.Failed:
		r.Err = state.Err
	default:
		r.Err = errPending
	}
	r.delegation = delegation(in, r.Dtab, r.Name)
}

// delegation is how the name was looked up, if the interpreter can tell.
func delegation(in resolve.Interpreter, d resolve.Dtab, p resolve.Path) string {
	delegator, ok := in.(resolve.Delegator)
	if !ok {
		return ""
	}
	now, cancel := context.WithCancel(context.Background())
	cancel()                                      // there is nothing to wait for
	explained, _ := delegator.Delegate(now, d, p) // it gives what it knows
	if explained == nil {
		return ""
	}
	var text strings.Builder
	_ = explained.Text(&text) // a Builder takes everything
	return withoutAges(text.String())
}
