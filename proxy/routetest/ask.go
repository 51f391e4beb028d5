package routetest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/wire"
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
	defer route.base(c.inner)()
	route.bind(&c)
	return route
}

// refusal is why a request did not come as far as to be bound.
func refusal(answer *httptest.ResponseRecorder) error {
	text := strings.TrimSpace(answer.Body.String())
	for name, values := range answer.Header() {
		if text == "" && strings.EqualFold(name, wire.ErrName) { // of an answer without a body
			text, _ = ctxhdr.DecodeErr(values[0])
		}
	}
	return fmt.Errorf("refused with %d %s: %s", answer.Code, http.StatusText(answer.Code), text)
}

var errPending = errors.New("no answer yet: requests wait for their name, and then fail")

// baseTimeout is how long a dtab in a file may take to be read.
const baseTimeout = 10 * time.Second

// base waits for the dtab that an interpreter has of its own, such as that in a
// file, and puts it before the route's. It is kept until stop is called.
func (r *Route) base(in resolve.Interpreter) (stop func()) {
	based, ok := in.(interface {
		Base() *resolve.Activity[resolve.Dtab]
	})
	if !ok || based.Base() == nil {
		return func() {}
	}
	stop = based.Base().Observe(func(resolve.State[resolve.Dtab]) {})
	ctx, cancel := context.WithTimeout(context.Background(), baseTimeout)
	defer cancel()
	// What is wrong with it is what the name fails with.
	if own, err := based.Base().Wait(ctx); err == nil {
		r.Dtab = own.Append(r.Dtab...)
	}
	return stop
}

// bind finds what the name is bound to now: fakes answer at once or not at all.
func (r *Route) bind(asked *catcher) {
	activity := asked.bind()
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
	r.delegation = delegation(asked)
}

// delegation is how the name was looked up, if the interpreter can tell.
func delegation(asked *catcher) string {
	now, cancel := context.WithCancel(context.Background())
	cancel() // there is nothing to wait for
	explained := asked.delegate(now)
	if explained == nil {
		return ""
	}
	var text strings.Builder
	_ = explained.Text(&text) // a Builder takes everything
	return withoutAges(text.String())
}
