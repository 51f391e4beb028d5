package router

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/handshake"
	"github.com/meshhop/meshhop/internal/timeout"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router/balance"
	"github.com/meshhop/meshhop/trace/tracetest"
)

// newRequeue is the stage, above attempts that end with results one after the other; the
// last one goes on for ever.
func newRequeue(t *testing.T, results ...endKind) (*alone, *requeue) {
	s := newAlone(t)
	s.below.ends = forget
	i := 0
	s.below.does = func(x *exchange) (*http.Response, error) {
		result := results[min(i, len(results)-1)]
		i++
		if result == endAnswered {
			return s.responds(Success, responseOf(200))
		}
		return s.fails(result, map[endKind]error{endRefused: errNacked}[result])
	}
	return s, &requeue{s.client, s.below}
}

// requeues are what the client has counted.
func (s *alone) requeues() RetryStats { return s.ClientStats()[0].Requeues }

// TestRequeueResults: what each way in which an attempt can end means for the next one.
func TestRequeueResults(t *testing.T) {
	for _, row := range []struct {
		result  endKind
		again   bool
		counted bool // against the budget and MaxRetries
	}{
		{result: endLeft}, {result: endExpired}, {result: endTimedOut}, {result: endInvalid}, {result: endFailed},
		{endUnconnected, true, false}, {endUnsent, true, true}, {endStale, true, true}, {endRefused, true, true},
	} {
		t.Run(Outcome{end: row.result}.String(), func(t *testing.T) {
			s, stage := newRequeue(t, row.result, endAnswered)
			before := s.requeues().Budget
			resp, err := stage.do(s.x)
			if !row.again {
				if err == nil || s.x.attempt == nil || s.x.avoid != nil || s.requeues() != (RetryStats{Budget: before}) {
					t.Errorf("%v, %+v", err, s.requeues())
				}
				s.below.want(t, "do")
				return
			}
			first := s.below.outcomes[0]
			s.below.want(t, "do", Outcome{end: row.result}.String()+", again", "do")
			if err != nil || resp == nil || first.Err == nil || first.Class != Failure {
				t.Errorf("%v, %+v", err, first)
			}
			counted := map[bool]int32{true: 1}[row.counted]
			if s.x.avoid != s.x.attempt.endpoint || s.x.resent != counted || s.x.again != counted || s.x.refused != 1-counted || s.x.renewed != (row.result == endStale) {
				t.Errorf("%+v", s.x)
			}
			if got := s.requeues(); got.Total != 1 || before-got.Budget != int64(counted) {
				t.Errorf("%+v with a budget of %d before", got, before)
			}
			stage.done(s.x, Outcome{end: endAnswered})
			s.below.want(t, "answered")
		})
	}
}

// TestRequeueBounds: how often a request is sent to one replica set, and what the last
// attempt says of it.
func TestRequeueBounds(t *testing.T) {
	budget := func(perSecond int, share float64) *bucket {
		b, err := NewBudget(time.Second, perSecond, share)
		if err != nil {
			t.Fatal(err)
		}
		return newBucket(b)
	}
	slow := &timeout.Error{}
	for _, row := range []struct {
		name   string
		result endKind
		err    error
		change func(s *alone)
		sent   int
		why    string
		want   RetryStats
	}{
		{name: "25 further picks", result: endUnconnected, sent: 26, why: "no endpoint accepts a connection"},
		{name: "two further timeouts", result: endUnconnected, err: slow, change: func(s *alone) {
			s.x.set = &replicas{addresses: make([]resolve.Address, 9)}
		}, sent: 3, why: "no endpoint accepts a connection"},
		{name: "as many as there are endpoints", result: endUnconnected, err: slow, change: func(s *alone) {
			s.x.set = &replicas{addresses: s.x.set.addresses[:2]}
		}, sent: 2, why: "no endpoint accepts a connection"},
		{name: "a handshake with each endpoint", result: endUnconnected, err: &handshake.Error{Err: errFake}, sent: 3, why: "the TLS handshakes failed"},
		{name: "five handshakes", result: endUnconnected, err: &handshake.Error{Err: errFake}, change: func(s *alone) {
			s.x.set = &replicas{addresses: make([]resolve.Address, 9)}
		}, sent: 5, why: "the TLS handshakes failed"},
		{name: "a share of the budget", result: endUnsent, change: func(s *alone) { s.client.budget = budget(20, 0.2) }, sent: 5, why: "the request has used its share of the requeue budget", want: RetryStats{LimitReached: 1}},
		{name: "one of a small budget", result: endUnsent, change: func(s *alone) { s.client.budget = budget(1, 0.2) }, sent: 2, why: "the request has used its share of the requeue budget", want: RetryStats{LimitReached: 1}},
		{name: "none of no budget", result: endUnsent, change: func(s *alone) { s.client.budget = budget(0, 0) }, sent: 1, why: "the request has used its share of the requeue budget", want: RetryStats{LimitReached: 1}},
		{name: "the budget is used up meanwhile", result: endUnsent, change: func(s *alone) {
			s.client.budget = budget(20, 0.2)
			s.below.ends = func(x *exchange, o Outcome) {
				forget(x, o)
				for s.client.budget.take() {
				}
			}
		}, sent: 2, why: "the requeue budget is exhausted", want: RetryStats{BudgetExhausted: 1}},
		{name: "as often as the service allows", result: endUnsent, change: func(s *alone) { s.service.policy.MaxRetries = 2 }, sent: 3, why: limitReached, want: RetryStats{LimitReached: 1}},
		{name: "of which retries took some", result: endUnsent, change: func(s *alone) { s.service.policy.MaxRetries, s.x.resent = 2, 1 }, sent: 2, why: limitReached, want: RetryStats{LimitReached: 1}},
		{name: "refused for good", result: endRefused, err: errFinalNacked, sent: 1},
		{name: "the set is dead", result: endUnconnected, change: kill, sent: 1, why: "no endpoint of the replica set is alive", want: RetryStats{NoneAlive: 1}},
		{name: "the set is dead and refuses", result: endRefused, change: kill, sent: 1, why: "no endpoint of the replica set is alive", want: RetryStats{NoneAlive: 1}},
		{name: "the body is lost", result: endRefused, change: func(s *alone) { s.x.body.replay = &replay{lost: true} }, sent: 1, why: "the body was being sent and is too long to be kept", want: RetryStats{NotReplayable: 1}},
		{name: "the body is lost, but nothing was sent", result: endUnconnected, change: func(s *alone) { s.x.body.replay = &replay{lost: true} }, sent: 1, why: "the body was being sent and is too long to be kept"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, stage := newRequeue(t, row.result)
			s.service.policy.MaxRetries = 50
			s.below.does = func(*exchange) (*http.Response, error) { return s.fails(row.result, row.err) }
			if row.change != nil {
				row.change(s)
			}
			resent := s.x.resent
			if _, err := stage.do(s.x); err == nil || s.x.attempt == nil {
				t.Error(err)
			}
			if row.result != endUnconnected {
				resent += int32(row.sent - 1)
			}
			if s.x.resent != resent {
				t.Errorf("%d resends count, want %d", s.x.resent, resent)
			}
			calls := slices.DeleteFunc(slices.Clone(s.below.calls), func(call string) bool { return call != "do" })
			if len(calls) != row.sent || len(s.below.calls) != 2*row.sent-1 {
				t.Errorf("sent %d times, want %d: %q", len(calls), row.sent, s.below.calls)
			}
			got := s.requeues()
			if got.Total != uint64(row.sent-1) {
				t.Errorf("%d requeues, want %d", got.Total, row.sent-1)
			}
			if got.Total, got.Budget = 0, 0; got != row.want {
				t.Errorf("%+v, want %+v", got, row.want)
			}
			if why := tagOf(s.recorded(s.x.attempt.span), "meshhop.not_retried"); why != row.why {
				t.Errorf("the span says %q, want %q", why, row.why)
			}
		})
	}
}

// kill marks all endpoints dead.
func kill(s *alone) {
	s.reports.dead = true
	for _, e := range s.client.set.Endpoints() {
		lease := e.Acquire()
		lease.Report(balance.Failure)
		lease.Done()
	}
}

// TestRequeueAnew: each try at a replica set counts its requeues anew, a success puts
// into the budget, and the spans of the attempts say why there was another.
func TestRequeueAnew(t *testing.T) {
	s, stage := newRequeue(t, endUnsent, endUnconnected, endAnswered)
	s.x.again, s.x.refused = 7, 7
	put := func() int64 { return s.client.budget.sum(s.client.budget.tick()) }
	if _, err := stage.do(s.x); err != nil || s.x.again != 1 || s.x.refused != 1 {
		t.Errorf("%v, %d, %d", err, s.x.again, s.x.refused)
	}
	if got, want := put(), s.client.budget.deposit-s.client.budget.withdraw; got != want {
		t.Errorf("the budget has %d, want %d", got, want)
	}
	s.below.does = func(*exchange) (*http.Response, error) { return s.responds(Failure, responseOf(500)) }
	before := put()
	if _, err := stage.do(s.x); err != nil || put() != before {
		t.Errorf("%v, and a failure puts into the budget", err)
	}

	s, stage = newRequeue(t, endStale, endUnsent, endAnswered)
	if _, err := stage.do(s.x); err != nil || !s.x.renewed {
		t.Errorf("%v; on a fresh connection also after the second requeue: %v", err, s.x.renewed)
	}

	s, stage = newRequeue(t, endUnsent, endUnconnected, endFailed)
	var spans []map[string]string
	s.below.ends = func(x *exchange, _ Outcome) { spans = append(spans, tracetest.Tags(s.recorded(x.attempt.span))) }
	if _, err := stage.do(s.x); err == nil || len(spans) != 2 {
		t.Fatalf("%v, %d requeues", err, len(spans))
	}
	if spans[0]["clnt/requeue_exc"] == "" || spans[0]["meshhop.connect_failures"] != "" || spans[1]["meshhop.connect_failures"] != "1" {
		t.Errorf("%v", spans)
	}
}

// TestRequeueWithoutAttempt: a span that was kept for a next attempt ends if that finds
// no endpoint.
func TestRequeueWithoutAttempt(t *testing.T) {
	s, stage := newRequeue(t)
	s.x.folded = s.begin(0).span
	s.x.attempt = nil
	s.below.does = func(*exchange) (*http.Response, error) { return nil, errFake }
	if _, err := stage.do(s.x); err != errFake || s.x.folded != nil || len(s.spans.Records()) != 1 {
		t.Errorf("%v, %d spans have ended", err, len(s.spans.Records()))
	}
	s.below.want(t, "do")
}
