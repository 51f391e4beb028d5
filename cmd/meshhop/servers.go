package main

import (
	"context"
	"errors"
	"net"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/meshhop/meshhop/proxy"
)

// defaultGrace bounds the draining of requests in flight at the end.
const defaultGrace = 10 * time.Second

// servers are listeners with the servers that accept from them.
type servers struct {
	grace time.Duration // 0: the default
	list  []listening
}

type listening struct {
	server   *proxy.Server
	listener net.Listener
}

func (s *servers) add(server *proxy.Server, l net.Listener) {
	s.list = append(s.list, listening{server, l})
}

// closeListeners gives up servers that never ran.
func (s *servers) closeListeners() {
	for _, l := range s.list {
		l.listener.Close()
	}
}

// run serves until ctx ends or a server fails, then drains all servers at
// once, within the grace.
func (s *servers) run(ctx context.Context) error {
	group, failed := errgroup.WithContext(ctx)
	for _, l := range s.list {
		group.Go(func() error { return l.server.Serve(l.listener) })
	}
	<-failed.Done()
	err := s.drain()
	return errors.Join(group.Wait(), err)
}

func (s *servers) drain() error {
	grace := s.grace
	if grace <= 0 {
		grace = defaultGrace
	}
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	var group errgroup.Group
	for _, l := range s.list {
		group.Go(func() error { return l.server.Shutdown(ctx) })
	}
	return group.Wait()
}
