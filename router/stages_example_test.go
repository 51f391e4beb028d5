package router_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/router/stagetest"
)

// limiter is a stage that lets so many requests for a service be in flight.
type limiter struct {
	most  int64
	under atomic.Int64
}

func (l *limiter) Handle(r *http.Request, next http.RoundTripper) (*http.Response, error) {
	if l.under.Add(1) > l.most {
		l.under.Add(-1)
		return router.NewResponse(r, http.StatusTooManyRequests, "too many requests\n"), nil
	}
	return next.RoundTrip(r)
}

// Done is called when a request that was passed on has ended.
func (l *limiter) Done(*http.Request, router.Outcome) { l.under.Add(-1) }

// A rate limiter: each service has at most one request in flight.
func ExampleStages() {
	r := exampleRouter(router.Stages{
		Service: func(resolve.Path) []router.Stage { return []router.Stage{&limiter{most: 1}} },
	})
	defer r.Close()
	first, _ := r.RoundTrip(exampleRequest("alice"))
	second, _ := r.RoundTrip(exampleRequest("bob"))
	first.Body.Close() // from here on the first is not in flight
	third, _ := r.RoundTrip(exampleRequest("carol"))
	third.Body.Close()
	fmt.Println(first.StatusCode, second.StatusCode, third.StatusCode)
	// Output: 200 429 200
}

// authorizer is a stage that lets some users pass, and says to the endpoint who it is.
type authorizer struct{ users map[string]bool }

func (a authorizer) Handle(r *http.Request, next http.RoundTripper) (*http.Response, error) {
	user, _, _ := r.BasicAuth()
	if !a.users[user] {
		return router.NewResponse(r, http.StatusForbidden, "no access\n"), nil
	}
	r = r.Clone(r.Context()) // a stage does not change the request that it gets
	r.Header.Del("Authorization")
	r.Header.Set("X-User", user)
	return next.RoundTrip(r)
}

// An authorizer.
func ExampleStage() {
	r := exampleRouter(router.Stages{
		Service: func(resolve.Path) []router.Stage {
			return []router.Stage{authorizer{map[string]bool{"alice": true}}}
		},
	})
	defer r.Close()
	for _, user := range []string{"alice", "mallory"} {
		resp, _ := r.RoundTrip(exampleRequest(user))
		text, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		fmt.Printf("%d %s", resp.StatusCode, text)
	}
	// Output:
	// 200 hello alice
	// 403 no access
}

// mirror is a stage that has some requests without a body sent to another name too, and
// tells what became of them.
type mirror struct {
	to   string
	via  func() *router.Router
	sent chan error
}

func (m *mirror) Handle(r *http.Request, next http.RoundTripper) (*http.Response, error) {
	if r.Method == http.MethodGet && r.Host != m.to {
		copied := r.Clone(context.WithoutCancel(r.Context())) // it may outlast the request
		copied.Host = m.to
		go func() {
			resp, err := m.via().RoundTrip(copied)
			if err == nil {
				resp.Body.Close()
			}
			m.sent <- err
		}()
	}
	return next.RoundTrip(r)
}

func (m *mirror) Done(r *http.Request, o router.Outcome) {
	if r.Host != m.to {
		fmt.Println(r.Host, o)
	}
}

// A mirror: requests go to a second service as well, whose responses nobody gets.
func ExampleFinisher() {
	var r *router.Router
	m := &mirror{to: "shadow", via: func() *router.Router { return r }, sent: make(chan error, 1)}
	r = exampleRouter(router.Stages{Service: func(resolve.Path) []router.Stage { return []router.Stage{m} }})
	defer r.Close()
	resp, _ := r.RoundTrip(exampleRequest("alice"))
	resp.Body.Close()
	fmt.Println("mirrored:", <-m.sent)
	// Output:
	// web answered
	// mirrored: <nil>
}

// exampleRouter has one endpoint for all names.
func exampleRouter(stages router.Stages) *router.Router {
	set := &resolve.Bound{
		ID:   resolve.MustPath("/#/example"),
		Addr: resolve.Const(resolve.Replicas{Addresses: []resolve.Address{{Weight: 1}}}),
	}
	r, err := router.New(router.Config{
		Interpreter: oneSet{set},
		NewTransport: func(resolve.Address, router.TransportConfig) http.RoundTripper {
			return canned(func(r *http.Request) (*http.Response, error) {
				return answer(200, "hello "+r.Header.Get("X-User")+"\n"), nil
			})
		},
		Stages: stages,
	})
	if err != nil {
		panic(err)
	}
	return r
}

type oneSet struct{ *resolve.Bound }

func (o oneSet) Bind(resolve.Dtab, resolve.Path) *resolve.Activity[resolve.NameTree[*resolve.Bound]] {
	return resolve.Const(resolve.LeafOf(o.Bound))
}

func exampleRequest(user string) *http.Request {
	r, err := http.NewRequest("GET", "http://web/", strings.NewReader(""))
	if err != nil {
		panic(err)
	}
	r.SetBasicAuth(user, "")
	return r
}

// TestExampleStages: the stages of the examples keep the contract.
func TestExampleStages(t *testing.T) {
	t.Run("limiter", func(t *testing.T) {
		stagetest.Run(t, func() router.Stage { return &limiter{most: 10} })
	})
	t.Run("authorizer", func(t *testing.T) {
		stagetest.Run(t, func() router.Stage { return authorizer{} })
	})
}
