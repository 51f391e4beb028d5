package router

import (
	"net/http"
	"net/netip"
	"slices"
	"testing"

	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/trace/tracetest"
)

// newClientSpan is the stage, and a function that has one more attempt go through it.
func newClientSpan(t *testing.T) (s *alone, attempt func(endpoint int, resp *http.Response, o Outcome)) {
	s = newAlone(t)
	stage := &clientSpan{s.client, s.below}
	return s, func(endpoint int, resp *http.Response, o Outcome) {
		t.Helper()
		a := s.x.newAttempt(s.client.set.Endpoints()[endpoint])
		var err error
		if a.outcome = o; resp == nil {
			err = errFake
		}
		does := s.below.does
		defer func() { s.below.does = does }()
		s.below.does = func(x *exchange) (*http.Response, error) {
			if x.class = o.Class; !a.span.IsRecording() || !a.recording || a.ctx == nil {
				t.Errorf("%+v", a)
			}
			if does != nil {
				does(x)
			}
			return resp, err
		}
		if got, failed := stage.do(s.x); got != resp || failed != err {
			t.Errorf("%v, %v", got, failed)
		}
		ended := len(s.spans.Records())
		s.below.ends = func(*exchange, Outcome) {
			if len(s.spans.Records()) != ended {
				t.Error("the span ended before the stages below were done")
			}
		}
		s.below.calls = nil
		stage.done(s.x, o)
		s.below.calls = nil
	}
}

// TestClientSpan: each attempt has a span, which says how it ended.
func TestClientSpan(t *testing.T) {
	s, attempt := newClientSpan(t)
	refusal := responseOf(503)
	attempt(0, responseOf(200), Outcome{end: endAnswered, Class: Success})
	attempt(0, responseOf(500), Outcome{end: endAnswered, Class: Failure})
	attempt(0, responseOf(500), Outcome{end: endAnswered, Class: RetryableFailure})
	attempt(0, responseOf(200), Outcome{end: endBroke, Class: Success, Err: errFake})
	attempt(0, nil, Outcome{end: endTimedOut, Err: errFake})
	attempt(0, nil, Outcome{end: endExpired, Err: errFake})
	attempt(0, nil, Outcome{end: endUnconnected, Err: errFake}) // the last one: no other goes on with it
	s.x.again = 2
	s.below.does = func(x *exchange) (*http.Response, error) { x.attempt.refusal = refusal; return nil, nil }
	attempt(0, nil, Outcome{end: endRefused, Class: Failure, Err: errFake, again: true})
	for i, want := range []struct {
		status, success, message, number, requeue string
		event                                     string
	}{
		{status: "200", success: "1"},
		{status: "500", event: "l5d.failure", number: "2"},
		{status: "500", number: "3"},
		{status: "200", success: "1", message: errFake.Error(), number: "4"},
		{message: errFake.Error(), event: "finagle.timeout", number: "5"},
		{message: errFake.Error(), number: "6"},
		{message: errFake.Error(), number: "7"},
		{status: "503", message: errFake.Error(), number: "8", requeue: "2", event: "Requeued Request"},
	} {
		r := s.spans.Records()[i]
		for key, value := range map[string]string{
			"http.rsp.status": want.status, "l5d.success": want.success, "exception.message": want.message,
			"meshhop.attempt": want.number, "clnt/requeue_attempt": want.requeue,
		} {
			if got := tagOf(r, key); got != value {
				t.Errorf("attempt %d: %s is %q, want %q", i+1, key, got, value)
			}
		}
		for _, event := range []string{"l5d.failure", "finagle.timeout", "Requeued Request"} {
			if has := slices.Contains(tracetest.Events(r), event); has != (event == want.event) {
				t.Errorf("attempt %d: event %s: %v", i+1, event, has)
			}
		}
	}
	if n := len(s.spans.Records()); n != 8 || s.x.sends != 8 {
		t.Errorf("%d spans of %d attempts", n, s.x.sends)
	}
}

// TestClientSpanFolds: an attempt that found no connection has no span of its own if
// another one follows, which tells the address that it goes to.
func TestClientSpanFolds(t *testing.T) {
	s, attempt := newClientSpan(t)
	attempt(0, nil, Outcome{end: endUnconnected, Err: errFake, again: true})
	if len(s.spans.Records()) != 0 || s.x.folded == nil {
		t.Fatal("the span has ended")
	}
	attempt(1, nil, Outcome{end: endUnconnected, Err: errFake, again: true})
	attempt(2, responseOf(200), Outcome{end: endAnswered, Class: Success})
	records := s.spans.Records()
	if len(records) != 1 || s.x.sends != 1 || s.x.folded != nil {
		t.Fatalf("%d spans of %d attempts", len(records), s.x.sends)
	}
	if r := records[0]; r.Peer != s.client.set.Endpoints()[2].Address().AddrPort || tagOf(r, "exception.message") != "" {
		t.Errorf("%+v", r)
	}

	attempt(0, nil, Outcome{end: endUnconnected, Err: errFake, again: true})
	s.x.unfold(errFake) // nothing followed
	s.x.unfold(errFake)
	if records = s.spans.Records(); len(records) != 2 || s.x.folded != nil || tagOf(records[1], "exception.message") != errFake.Error() {
		t.Errorf("%d spans", len(records))
	}
}

// TestClientSpanTimes: what is known with the head of a response is recorded then, and
// what happens later at the end, each once; what did not happen is not.
func TestClientSpanTimes(t *testing.T) {
	local, peer := netip.MustParseAddrPort("10.1.0.1:1"), netip.MustParseAddrPort("10.1.0.2:2")
	connected := func(x *relay.Exchange) { x.Connected(nil, &relay.Addresses{Local: local, Remote: peer}, false) }
	wrote, began := (*relay.Exchange).Wrote, (*relay.Exchange).Began
	type happens []func(*relay.Exchange)
	for _, row := range []struct {
		do, done happens
		want     []string
	}{
		{happens{connected, began}, happens{wrote}, []string{"wr", "ws"}},
		{happens{connected, wrote, began}, nil, []string{"ws", "wr"}},
		{happens{connected, wrote}, nil, []string{"ws"}},
		{happens{connected}, nil, nil},
	} {
		s := newAlone(t)
		stage, a := &clientSpan{s.client, s.below}, s.x.newAttempt(s.client.set.Endpoints()[0])
		wire := &relay.Exchange{Times: &a.times}
		s.below.does = func(*exchange) (*http.Response, error) {
			for _, f := range row.do {
				f(wire)
			}
			return responseOf(200), nil
		}
		s.below.ends = func(*exchange, Outcome) {
			for _, f := range row.done {
				f(wire)
			}
		}
		if _, err := stage.do(s.x); err != nil {
			t.Error(err)
		}
		stage.done(s.x, Outcome{end: endAnswered})
		r := s.spans.Records()[0]
		if r.Local != local || r.Peer != peer {
			t.Errorf("from %v to %v", r.Local, r.Peer)
		}
		if times := slices.DeleteFunc(tracetest.Events(r), func(e string) bool { return e != "ws" && e != "wr" }); !slices.Equal(times, row.want) {
			t.Errorf("%q, want %q", times, row.want)
		}
	}
}
