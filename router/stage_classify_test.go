package router

import (
	"net/http"
	"testing"
)

type classifierFunc func(*http.Request, *http.Response, error) Class

func (f classifierFunc) Classify(r *http.Request, resp *http.Response, err error) Class {
	return f(r, resp, err)
}

// TestClassify: the service's classifier has the response of each attempt, and not the
// error of one that may be requeued yet.
func TestClassify(t *testing.T) {
	s := newAlone(t)
	stage, resp, asked := &classify{s.below}, responseOf(500), 0
	s.x.attempt = new(attempt)
	s.service.policy.Classifier = classifierFunc(func(r *http.Request, got *http.Response, err error) Class {
		if asked++; r != s.x.out || got != resp || err != nil {
			t.Errorf("the classifier was asked about %v, %v, %v", r, got, err)
		}
		return RetryableFailure
	})
	for _, row := range []struct {
		err   error
		asked int
		class Class
	}{{nil, 1, RetryableFailure}, {errFake, 1, Success}} {
		s.x.class = Success // of an attempt before
		s.below.does = func(*exchange) (*http.Response, error) { return resp, row.err }
		if got, err := stage.do(s.x); got != resp || err != row.err || s.x.class != row.class || asked != row.asked {
			t.Errorf("%v, %v, class %v, asked %d times", got, err, s.x.class, asked)
		}
		stage.done(s.x, Outcome{end: endAnswered})
		s.below.want(t, "do", "answered")
	}
}
