package serve_test

import (
	"fmt"
	"net"
	"net/http"
	"testing"

	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/proxy/internal/servetest"
	"github.com/meshhop/meshhop/proxy/serve"
)

// engine is the one that the tests run over.
var engine serve.Engine

// bothEngines runs the tests once with each engine.
type bothEngines struct{ *testing.M }

func (m bothEngines) Run() (code int) {
	for name, e := range map[string]serve.Engine{"net/http": serve.NetHTTP, "h1": serve.H1} {
		engine = e
		if c := m.M.Run(); c != 0 {
			fmt.Println("this was the engine", name)
			code = c
		}
	}
	return code
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(bothEngines{m}) }

func newServer(handler http.Handler, config serve.Config) *serve.Server {
	config.Engine = engine
	return serve.New(handler, config)
}

func startServer(t testing.TB, handler http.Handler) *servetest.Server {
	t.Helper()
	return startWith(t, handler, serve.Config{SoleListeners: true})
}

func startWith(t testing.TB, handler http.Handler, config serve.Config) *servetest.Server {
	t.Helper()
	config.Engine = engine
	return servetest.StartWith(t, handler, config)
}

func startAt(t testing.TB, handler http.Handler, config serve.Config, l net.Listener) *servetest.Server {
	t.Helper()
	config.Engine = engine
	return servetest.StartAt(t, handler, config, l)
}
