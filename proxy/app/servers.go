package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/meshhop/meshhop/internal/collector"
	"github.com/meshhop/meshhop/proxy/serve"
)

// defaultGrace is the grace of servers that no configuration names.
const defaultGrace = 10 * time.Second

// servers are listeners with the servers that accept from them. Only one goroutine
// at a time may use them.
type servers struct {
	list    []*listening
	serving sync.WaitGroup
	failed  chan error // why the first one that failed could not serve
}

type listening struct {
	server   *serve.Server
	scribe   *collector.Scribe // instead of server, if not nil
	listener net.Listener
	spec     listenerSpec // what it was opened for, if that was an instance's
	forget   func()       // takes it off the list of the process's own listeners; nil if it is not there
}

func (l *listening) serve() error {
	if l.scribe != nil {
		return l.scribe.Serve(l.listener)
	}
	return l.server.Serve(l.listener)
}

func (l *listening) shutdown(ctx context.Context) error {
	if l.scribe != nil {
		return l.scribe.Shutdown(ctx)
	}
	return l.server.Shutdown(ctx)
}

func newServers() *servers { return &servers{failed: make(chan error, 1)} }

func (s *servers) add(l *listening) { s.list = append(s.list, l) }

// closeListeners closes servers that never ran.
func (s *servers) closeListeners() {
	for _, l := range s.list {
		l.listener.Close()
	}
}

func (s *servers) start(list ...*listening) {
	for _, l := range list {
		s.serving.Go(func() {
			if err := l.serve(); err != nil {
				select {
				case s.failed <- err:
				default:
				}
			}
		})
	}
}

// run serves until ctx ends or a server fails, then drains all.
func (s *servers) run(ctx context.Context, grace time.Duration) (err error) {
	s.start(s.list...)
	select {
	case <-ctx.Done():
	case err = <-s.failed:
	}
	return errors.Join(err, s.drain(grace))
}

// drain ends all servers but the admin server at once; their requests may take as long
// as the grace. The admin server shows until then what becomes of them, and ends after
// them: its own requests get what is left of the grace, at most a second.
func (s *servers) drain(grace time.Duration) error {
	end := time.Now().Add(grace)
	var others, last []*listening
	for _, l := range s.list {
		if l.spec.last {
			last = append(last, l)
		} else {
			others = append(others, l)
		}
	}
	err := drain(context.Background(), grace, others)
	left := min(max(time.Until(end), 100*time.Millisecond), time.Second)
	err = errors.Join(err, drain(context.Background(), left, last))
	s.serving.Wait()
	return err
}

func drain(ctx context.Context, grace time.Duration, list []*listening) error {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	began := time.Now()
	var group errgroup.Group
	for _, l := range list {
		group.Go(func() error {
			if err := l.shutdown(ctx); err != nil {
				return fmt.Errorf("draining %s: requests were broken off after %s: %w", l.listener.Addr(), time.Since(began).Round(time.Millisecond), err)
			}
			return nil
		})
	}
	return group.Wait()
}
