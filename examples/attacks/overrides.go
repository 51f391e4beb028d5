package main

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// The overrides attack: a stranger's dtab leads to what the hop itself listens
// for. It must neither end the process nor read what it is configured with, while
// the configuration may lead where it wants, and overrides to services are what
// they are for.

func overridesAttack() *attack {
	return &attack{
		name:  "overrides",
		about: "requests with a dtab of their own; what they are answered, and whether the hop lives after it",
		make:  overrides,
	}
}

const overridesConfig = `routers:
- protocol: http
  label: attacked
  dtab: |
    /svc/world    => /$/inet/127.0.0.1/1 ;
    /host/world-2 => /$/inet/%[1]s ;
    /svc/admin    => /$/inet/127.0.0.1/ADMIN ;
  servers: [{ip: 127.0.0.1, port: PORT}]
`

func overrides(ctx context.Context, s *scene, out io.Writer) ([]string, error) {
	backend, err := newWeb(200, 0)
	if err != nil {
		return nil, err
	}
	defer backend.close()
	open := func() (*ownHop, error) { return openHop(ctx, s, fmt.Sprintf(overridesConfig, path(backend.addr))) }
	h, err := open()
	if err != nil {
		return nil, err
	}
	other, err := open()
	if err != nil {
		return nil, err
	}
	inContext := "l5d-ctx-dtab: " + everything(h.admin)
	t := newCheck(out, "request", "answer", "must be")
	for _, row := range []struct {
		name, request string
		status        int
	}{
		{"POST /admin/shutdown, l5d-dtab", request("POST", "/admin/shutdown", "x", override(h.admin)), 403},
		{"POST /admin/shutdown, l5d-ctx-dtab", request("POST", "/admin/shutdown", "x", inContext), 403},
		{"GET /config.json, l5d-dtab", get("/config.json", "x", override(h.admin)), 403},
		{"GET /config.json, l5d-ctx-dtab", get("/config.json", "x", inContext), 403},
		{"GET /, to its own server", get("/", "x", override(h.addr)), 403},
		{"GET /admin/ping, by the base dtab", get("/admin/ping", "admin"), 200},
		{"GET /config.json, by the base dtab", get("/config.json", "admin"), 403},
		{"GET /admin/ping of another hop", get("/admin/ping", "x", override(other.admin)), 200},
		{"GET /config.json of another hop", get("/config.json", "x", override(other.admin)), 403},
		{"POST /admin/shutdown of another hop", request("POST", "/admin/shutdown", "x", override(other.admin)), 403},
		{"GET /, to another version", get("/", "world", "l5d-dtab: /svc/world => /host/world-2"), 200},
		{"GET /, without an override", get("/", "world"), 502},
	} {
		got, err := exchange(h.addr, row.request)
		why := ""
		switch {
		case err != nil:
			why = err.Error()
		case got.status != row.status:
			why = fmt.Sprintf("%d, must be %d: %.200q", got.status, row.status, got.body)
		}
		t.row(why, row.name, fmt.Sprint(got.status), fmt.Sprint(row.status))
	}
	// One that was told to end has stopped with an error here.
	return t.broken, errors.Join(h.stop(), other.stop())
}
