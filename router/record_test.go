package router_test

import (
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/inbound"
	"github.com/meshhop/meshhop/internal/record"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// TestRecord: the record of a request says where it went, when, and why it was sent again.
func TestRecord(t *testing.T) {
	for _, row := range []struct {
		name  string
		first func() (*http.Response, error)
		again string
	}{
		{"a status", func() (*http.Response, error) { return answer(503, ""), nil }, "status 503"},
		{"an error", func() (*http.Response, error) { return nil, io.ErrUnexpectedEOF }, "request at 10.0.0.1:80"},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sent := 0
				f := start(t, over(func(*http.Request) (*http.Response, error) {
					time.Sleep(time.Second)
					if sent++; sent == 1 {
						return row.first()
					}
					return answer(200, "yes", "Content-Length", "3", "Grpc-Status", "5"), nil
				}), policy(router.ServicePolicy{Classifier: router.RetryableAll5XX()}), func(c *router.Config) {
					c.Identifier = router.PathSegments(1, true)
				})
				defer f.Close()
				f.names.Bind("/web", "10.0.0.1:80")
				r := request(t, "host")
				r.URL.Path = "/web/rest"
				var got record.Record
				got.Begin(time.Now(), nil)
				time.Sleep(time.Second)
				local := &inbound.Request{Record: &got}
				local.SetDtab(resolve.MustDtab("/a=>/b"))
				f.mustAsk(t, with(&inbound.Context{Context: t.Context(), Request: local}, r))
				if got.Service != "/svc/web" || got.Dtab != "/a=>/b" || got.SentTarget != "/rest" || got.Client != "/#/fake/web" || got.Endpoint.String() != "10.0.0.1:80" {
					t.Errorf("it went: %+v", got)
				}
				if got.Attempts != 2 || got.Again != row.again || got.Status != 200 || got.Announced != "3" || got.GRPCStatus != "5" {
					t.Errorf("it was sent: %+v", got)
				}
				if got.Bound != time.Second || got.Sent != 2*time.Second || got.Head != 3*time.Second {
					t.Errorf("bound after %v, sent after %v, a head after %v", got.Bound, got.Sent, got.Head)
				}
			})
		})
	}
}

// TestRecordWithoutAttempt: a request that finds no replica has a name that was bound.
func TestRecordWithoutAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t)
		defer f.Close()
		f.names.Bind("/web")
		var got record.Record
		got.Begin(time.Now(), nil)
		time.Sleep(time.Second)
		_, err := f.ask(with(&inbound.Context{Context: t.Context(), Request: &inbound.Request{Record: &got}}, request(t, "web")))
		if asKind(err) != "no replicas" || got.Bound != time.Second || got.Attempts != 0 || got.Client != "/#/fake/web" {
			t.Errorf("%v: %+v", err, got)
		}
	})
}
