package explain_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/internal/explain"
	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/resolve/status"
	"github.com/meshhop/meshhop/resolve/transform"
	"github.com/meshhop/meshhop/router"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errTest = errors.New("out of order")

// hop is a router whose names below /#/fake are the namer's, as two more
// namers are mounted there that know nothing, and a server in front of it.
type hop struct {
	names  *resolvetest.Namer
	router *router.Router
	server *proxy.Handler
}

func start(t testing.TB, dtab string, change ...func(*resolve.Config, *router.Config, *proxy.Config)) *hop {
	t.Helper()
	h := &hop{names: new(resolvetest.Namer)}
	// MaxSteps is far above its default: what there is too much of is shown, too.
	names := resolve.Config{MaxSteps: 10_000, Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/fake"), Namer: h.names}}}
	routing := router.Config{Label: "outgoing", Dtab: resolve.MustDtab(dtab)}
	serving := proxy.Config{ServiceName: "127.0.0.1/4140"}
	for _, c := range change {
		c(&names, &routing, &serving)
	}
	interpreter, err := resolve.New(names)
	if err != nil {
		t.Fatal(err)
	}
	if routing.Interpreter == nil {
		routing.Interpreter = interpreter
	}
	if h.router, err = router.New(routing); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.close(t) })
	serving.Router = h.router
	if h.server, err = proxy.New(serving); err != nil {
		t.Fatal(err)
	}
	h.names.Bind("/web", "10.0.0.1:80", "10.0.0.2:80")
	h.names.Bind("/v2", "10.0.2.1:80")
	h.names.Bind("/empty")
	h.names.SetReplicas("/badset", resolve.State[resolve.Replicas]{Status: resolve.Failed, Err: errTest})
	h.names.Fail("/broken", errTest)
	h.names.Set("/nobody", "$")
	h.names.Set("/failing", "!")
	return h
}

func (h *hop) close(t testing.TB) {
	if err := h.router.Close(); err != nil {
		t.Error(err)
	}
}

func twoMoreNamers(c *resolve.Config, _ *router.Config, _ *proxy.Config) {
	for range 2 {
		c.Namers = append(c.Namers, resolve.Mount{Prefix: resolve.MustPath("/#/fake"), Namer: new(resolvetest.Namer)})
	}
}

func withLocalhost(c *resolve.Config, _ *router.Config, _ *proxy.Config) {
	local, err := transform.Localhost(resolve.MustPath("/%/io.l5d.localhost"))
	if err != nil {
		panic(err)
	}
	c.Transformers = append(c.Transformers, local, transform.Port(4141, resolve.MustPath("/%/io.l5d.port/4141")))
}

func withConst(c *resolve.Config, _ *router.Config, _ *proxy.Config) {
	c.Transformers = append(c.Transformers, transform.Const(resolve.MustPath("/#/fake/v2"), resolve.MustPath("/%/const")))
}

func withStatus(c *resolve.Config, _ *router.Config, _ *proxy.Config) {
	c.Utilities = map[string]resolve.Namer{"status": status.Namer{}}
}

func clearing(_ *resolve.Config, _ *router.Config, p *proxy.Config) { p.ClearContext = true }

func (h *hop) explainer(t testing.TB, live bool) *explain.Explainer {
	t.Helper()
	x, err := explain.New(explain.Config{Servers: []*proxy.Handler{h.server}, Live: live})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func (h *hop) ask(t testing.TB, q explain.Question, live bool) *explain.Report {
	t.Helper()
	report, err := h.explainer(t, live).Explain(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// text is the report as text, which must not depend on whether it was JSON on
// its way.
func text(t testing.TB, report *explain.Report) string {
	t.Helper()
	var direct, afterwards strings.Builder
	if err := report.Text(&direct); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	again := new(explain.Report)
	if err := json.Unmarshal(data, again); err != nil {
		t.Fatal(err)
	}
	if err := again.Text(&afterwards); err != nil {
		t.Fatal(err)
	}
	if direct.String() != afterwards.String() {
		t.Errorf("the text is\n%sand after it was JSON\n%s", &direct, &afterwards)
	}
	return direct.String()
}

func (h *hop) requestFor(t testing.TB, host string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+host+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
