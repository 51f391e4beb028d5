package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/meshhop/meshhop/proxy"
)

// defaultGrace is the grace of servers that no configuration speaks of.
const defaultGrace = 10 * time.Second

// servers are listeners with the servers that accept from them.
type servers struct {
	grace time.Duration // how long requests in flight may take at the end
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
	ctx, cancel := context.WithTimeout(context.Background(), s.grace)
	defer cancel()
	var group errgroup.Group
	for _, l := range s.list {
		group.Go(func() error {
			if err := l.server.Shutdown(ctx); err != nil {
				return fmt.Errorf("draining %s: requests were broken off after %s: %w", l.listener.Addr(), s.grace, err)
			}
			return nil
		})
	}
	return group.Wait()
}
