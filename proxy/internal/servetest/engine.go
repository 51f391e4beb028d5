package servetest

import (
	"os"
	"testing"

	"github.com/meshhop/meshhop/proxy/serve"
)

// EngineVariable is the variable of the environment by which tests run over another server
// than the default one: MESHHOP_TEST_SERVER=net/http.
const EngineVariable = "MESHHOP_TEST_SERVER"

// Engine is who speaks HTTP in the servers of tests.
func Engine(t testing.TB) serve.Engine {
	t.Helper()
	switch name := os.Getenv(EngineVariable); name {
	case "", serve.H1.String():
		return serve.H1
	case serve.NetHTTP.String():
		return serve.NetHTTP
	default:
		t.Fatalf("%s=%s: want %s or %s", EngineVariable, name, serve.H1, serve.NetHTTP)
		return 0
	}
}
