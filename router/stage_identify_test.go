package router

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/limits"
	"github.com/meshhop/meshhop/resolve"
)

type identifierFunc func(*http.Request) (resolve.Path, error)

func (f identifierFunc) Identify(r *http.Request) (resolve.Path, error) { return f(r) }

type passageFunc func(name resolve.Path, dtab string) error

func (f passageFunc) Named(name resolve.Path, dtab string) error { return f(name, dtab) }

// TestIdentify: a request that has a name is passed to the service of that name, and
// the binding is held until the response begins; any other goes no further.
func TestIdentify(t *testing.T) {
	web, half := resolve.MustPath("/web"), resolve.MustPath("/"+strings.Repeat("x", limits.TextBytes/2))
	long := half.Append(half)
	for _, row := range []struct {
		name    string
		says    resolve.Path
		err     error
		refuses error
		closed  bool
		kind    Kind
		asked   string // the name that the passage is asked for
	}{
		{name: "named", says: web, asked: "/svc/web"},
		{name: "not named", err: errFake, kind: Unidentified},
		{name: "with a name that is too long", says: long, kind: Unidentified},
		{name: "refused", says: web, refuses: errFake, kind: looped, asked: "/svc/web"},
		{name: "after the router was closed", says: web, closed: true, kind: Closed, asked: "/svc/web"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newAlone(t, func(c *Config) {
				c.Identifier = identifierFunc(func(*http.Request) (resolve.Path, error) { return row.says, row.err })
			})
			stage, x := &identify{s.Router}, s.x
			b := x.binding
			users := b.users.Load()
			x.binding, x.service = nil, nil
			s.service.stages = s.below
			s.below.does = func(x *exchange) (*http.Response, error) {
				if x.binding != b || x.service != s.service || b.users.Load() != users+1 {
					t.Errorf("binding %p of %v, held by %d", x.binding, x.service, b.users.Load())
				}
				return responseOf(200), nil
			}
			var asked string
			x.local.Passage = passageFunc(func(name resolve.Path, _ string) error {
				asked = name.String()
				return row.refuses
			})
			if row.closed {
				s.Close()
			}
			span := s.serve()
			_, err := stage.do(x)
			stage.done(x, Outcome{end: endAnswered})
			if asked != row.asked {
				t.Errorf("the passage was asked for %q, want %q", asked, row.asked)
			}
			if dst := tagOf(s.recorded(span), "service"); dst != row.asked {
				t.Errorf("the span has the name %q, want %q", dst, row.asked)
			}
			if row.kind != 0 {
				if !errors.Is(err, row.kind) || !row.closed && row.says != long && !errors.Is(err, errFake) {
					t.Errorf("%v, want one of kind %v", err, row.kind)
				}
				s.below.want(t)
				return
			}
			s.below.want(t, "do", "answered")
			if err != nil || b.users.Load() != users {
				t.Errorf("%v; the binding is held by %d, want %d", err, b.users.Load(), users)
			}
		})
	}
}
