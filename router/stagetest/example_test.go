package stagetest_test

import (
	"net/http"
	"testing"

	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/router/stagetest"
)

// greeter is a stage that does nothing but say hello.
type greeter struct{}

func (greeter) Handle(r *http.Request, next http.RoundTripper) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Hello", "hello")
	return next.RoundTrip(r)
}

func ExampleRun() {
	test := func(t *testing.T) {
		stagetest.Run(t, func() router.Stage { return greeter{} })
	}
	_ = test // go test calls it, as TestGreeter
}

func TestGreeter(t *testing.T) {
	stagetest.Run(t, func() router.Stage { return greeter{} })
}
