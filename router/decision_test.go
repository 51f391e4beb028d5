package router_test

import (
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/internal/inbound"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/tracetest"
)

// TestDecision: the way of the name to its replica set, and what decided each step, is a
// tag of the server span and known to the proxy; with the request's own dtab, too.
func TestDecision(t *testing.T) {
	var spans tracetest.Recorder
	sampler, err := trace.NewSampler(1)
	if err != nil {
		t.Fatal(err)
	}
	provider, err := trace.NewProvider(trace.ProviderConfig{Sink: &spans, Sampler: sampler})
	if err != nil {
		t.Fatal(err)
	}
	hop := trace.NewHop(trace.HopConfig{TracerProvider: provider})
	f := start(t, func(c *router.Config) {
		c.Hop = hop
		c.Dtab = resolve.MustDtab("/srv => /#/fake; /svc => /srv")
	})
	f.names.Bind("/web", "10.0.0.1:80", "10.0.0.2:80")
	f.names.Bind("/v2", "10.0.0.3:80")
	long := "/svc/web => /#/fake/v2 | /x/" + strings.Repeat("x", 2000)
	for _, row := range []struct {
		dtab, want string
	}{
		{"", "/svc/web > /srv/web (/svc=>/srv) > /#/fake/web (/srv=>/#/fake); P2C"},
		{"/svc/web => /#/fake/v2", "/svc/web > /#/fake/v2 (/svc/web=>/#/fake/v2); P2C"},
		{"", "/svc/web > /srv/web (/svc=>/srv) > /#/fake/web (/srv=>/#/fake); P2C"}, // as it was
		{long, ""},
	} {
		local := &inbound.Request{WantsRoute: true}
		if row.dtab != "" {
			local.SetDtab(resolve.MustDtab(row.dtab))
		}
		ctx, span := (*hopspan.Hop)(hop).StartServer(t.Context(), nil, hopspan.ServerStart{})
		local.ServerSpan = span
		r := request(t, "web")
		f.mustAsk(t, r.WithContext(&inbound.Context{Context: ctx, Request: local}))
		span.End()
		if row.want == "" {
			if len(local.Route) != 1000 || !strings.HasSuffix(local.Route, "; P2C") {
				t.Errorf("%d bytes: %s", len(local.Route), local.Route)
			}
			continue
		}
		if local.Route != row.want {
			t.Errorf("%s, want %s", local.Route, row.want)
		}
		records := spans.Records()
		if got := tracetest.Tags(records[len(records)-1])["meshhop.route"]; got != row.want {
			t.Errorf("the tag is %q, want %q", got, row.want)
		}
	}
}
