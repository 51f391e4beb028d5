package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/trace/tracetest"
)

// Through a proxy of the mesh: the service has ctxhdr and nothing else.
func TestThroughAProxy(t *testing.T) {
	var rec tracetest.Recorder
	names, mesh := startMesh(t, &rec)
	names.Bind("/name", serving(t, says("world")))
	names.Bind("/other", serving(t, says("other")))
	names.Bind("/greeting", serving(t, greeting(mesh)))

	if status, body := get(t, mesh, "http://greeting", nil); status != http.StatusOK || body != "Hello world" {
		t.Errorf("%d %q", status, body)
	}
	tracetest.AssertTree(t, wait(t, &rec, 4), `
		server mesh "mesh /svc/greeting"
		  client #/fake/greeting "GET /"
		    server mesh "mesh /svc/name"
		      client #/fake/name "GET /"
	`)

	override := http.Header{"L5d-Dtab": {"/svc/name => /#/fake/other"}}
	if _, body := get(t, mesh, "http://greeting", override); body != "Hello other" {
		t.Errorf("the request's own dtab did not come through the service: %q", body)
	}
}

// With a router as its own transport: no proxy between the service and the
// replicas that it calls. Nobody received a request there, so that the client
// span stands right below the one that led to the service.
func TestByItself(t *testing.T) {
	var rec tracetest.Recorder
	names, mesh := startMesh(t, &rec)
	other := serving(t, says("other"))
	world := inetName(serving(t, says("world")))
	own, err := newRouter("/svc/name => "+world, newHop(t, &rec))
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	names.Bind("/greeting", serving(t, greeting(own)))

	if status, body := get(t, mesh, "http://greeting", nil); status != http.StatusOK || body != "Hello world" {
		t.Errorf("%d %q", status, body)
	}
	spans := wait(t, &rec, 3)
	if got, want := tracetest.Format(spans), ""+
		"server mesh \"mesh /svc/greeting\"\n"+
		"  client #/fake/greeting \"GET /\"\n"+
		"    client "+strings.TrimPrefix(world, "/")+" \"GET /\"\n"; got != want {
		t.Errorf("spans are\n%swant\n%s", got, want)
	}

	override := http.Header{"L5d-Dtab": {"/svc/name => " + inetName(other)}}
	if _, body := get(t, mesh, "http://greeting", override); body != "Hello other" {
		t.Errorf("the request's own dtab did not come to the service's router: %q", body)
	}
}

func TestNobodyThere(t *testing.T) {
	own, err := newRouter("", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	direct := new(http.Transport)
	defer direct.CloseIdleConnections()
	status, body := get(t, direct, "http://"+serving(t, greeting(own)), nil)
	if want := "Get \"http://name/\": router: no replicas of /svc/name\n"; status != http.StatusBadGateway || body != want {
		t.Errorf("%d %q, want 502 %q", status, body, want)
	}
}
