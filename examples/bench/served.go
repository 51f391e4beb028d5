package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"runtime"
	"time"

	meshserve "github.com/meshhop/meshhop/proxy/serve"
)

// job is what a candidate of ours is told.
type job struct {
	Backend   string        // its host:port
	Collector string        // the collector's; empty: no spans
	Rate      float64       // of traces that are sampled
	Client    string        // what a hop sends with: the name of one of hopClients
	Grace     time.Duration // for spans that are left when it is told to stop
	AccessLog string        // the file of a hop's access log; empty: none
	Server    string        // who serves a candidate of ours: ownServer, or net/http's server
	Names     int           // how many services a hop has, each with manyReplicas; 0: one with one
	AnyName   bool          // a hop leads every name to the backend
	Dashboard bool          // a hop has one
	Keep      bool          // a hop keeps what is not sampled, if it fails, is slow or has overrides
}

func (j job) endpoint() string { return "http://" + j.Collector + "/api/v2/spans" }

// fate is what became of a hop's spans, by its own account.
type fate struct{ Received, Exported, Dropped uint64 }

// ownServer is package h1's, as a job names it.
const ownServer = "h1"

// server is what both servers have in common.
type server interface {
	Serve(net.Listener) error
	Shutdown(context.Context) error
}

func (j job) newServer(h http.Handler) server {
	if j.Server == ownServer {
		return meshserve.New(h, meshserve.Config{Engine: meshserve.H1, MaxConnections: -1, IdleTimeout: -1})
	}
	return &http.Server{Handler: h}
}

// served is a handler with a server around it.
type served struct {
	server server
	addr   string
	grace  time.Duration
	// finish sends what spans are left.
	finish func(context.Context) (*fate, error)
}

func serve(j job, h http.Handler, finish func(context.Context) (*fate, error)) (part, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &served{j.newServer(h), l.Addr().String(), j.Grace, finish}
	go s.server.Serve(l)
	return s, nil
}

func (s *served) ready() any { return s.addr }

// collect is the order to collect garbage.
const collect = "collect"

// obey says how often the process has allocated.
func (s *served) obey(order []byte) (any, error) {
	if string(order) == `"`+collect+"\"\n" {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs, nil
}

// stop answers the requests in flight and then sends the spans that are left.
// Those that can not be sent in time are no failure: they are counted.
func (s *served) stop() (any, error) {
	ctx, cancel := context.WithTimeout(context.Background(), s.grace)
	defer cancel()
	if err := s.server.Shutdown(ctx); err != nil {
		return nil, err
	}
	f, err := s.finish(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = nil
	}
	return f, err
}
