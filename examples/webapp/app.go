package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
)

// drainTime is how long requests in flight may take to finish.
const drainTime = 10 * time.Second

// app is the mesh and its services. The mesh has two doors, one for the world
// and one for the services: the first can be shut while requests that came in
// through it still need the second.
type app struct {
	addr   string // the front door's
	front  server
	inner  []server // the other door and the services
	mesh   *proxy.Handler
	toMesh *http.Transport // how web reaches the mesh
}

// newApp listens and puts the parts together.
func newApp(c config, spans trace.Sink) (*app, error) {
	const free = "127.0.0.1:0"
	at, err := listen(c.listen, free, free, free, free)
	if err != nil {
		return nil, err
	}
	front, inside, web, b, d := at[0], at[1], at[2], at[3], at[4]
	names := directory{"web": addrOf(web), "b": addrOf(b), "c": addrOf(d)}
	mesh, err := newMesh(names, spans, router.Config{})
	if err != nil {
		return nil, errors.Join(err, closeAll(at))
	}
	toMesh := &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: inside.Addr().String()})}
	return &app{
		addr:  front.Addr().String(),
		front: newServer(front, mesh),
		inner: []server{
			newServer(inside, mesh),
			newServer(web, newWeb(toMesh, c.forward)),
			newServer(b, says("b")),
			newServer(d, says("c")),
		},
		mesh:   mesh,
		toMesh: toMesh,
	}, nil
}

// serve answers requests until ctx ends or a server fails. Then it finishes
// those in flight, and returns when nothing runs any more.
func (a *app) serve(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(a.front.run)
	for _, s := range a.inner {
		group.Go(s.run)
	}
	<-ctx.Done()
	late, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	err := a.front.Shutdown(late)
	a.toMesh.CloseIdleConnections()
	err = errors.Join(err, a.mesh.Router().Close())
	for _, s := range a.inner {
		err = errors.Join(err, s.Shutdown(late))
	}
	return errors.Join(err, group.Wait())
}
