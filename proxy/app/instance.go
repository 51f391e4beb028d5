package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/proxy/serve"
	"github.com/meshhop/meshhop/trace"
)

// instance is a running configuration: the mesh, a server for each of its
// addresses, and the admin server. A reload gives it another generation.
type instance struct {
	listen  listenFunc
	options config.BuildOptions
	docs    http.Handler // the page /docs
	out     io.Writer    // where the addresses are printed
	log     *slog.Logger

	current *generation
	servers *servers
	stop    chan time.Duration // the grace that POST /admin/shutdown gives
	ending  chan struct{}      // closed when the servers drain
	reloads *reloads           // nil: the file is never read again
	level   *slog.LevelVar     // of the log; nil: it is not ours

	retiring    sync.WaitGroup  // generations that still have requests
	requests    context.Context // ends when the requests of those have no time left
	endRequests context.CancelFunc
	spans       context.Context // ends when spans have no time left
	endSpans    context.CancelFunc
}

// listenFunc listens at a TCP address, or hands out a listener that was made before.
type listenFunc func(addr string, o serve.SocketOptions) (net.Listener, error)

func listenTCP(addr string, o serve.SocketOptions) (net.Listener, error) {
	return o.Listen(context.Background(), "tcp", addr)
}

// newInstance builds the file and listens; it prints what listens where. A nil
// again means that the file is never read again.
func newInstance(file *config.File, listen listenFunc, options config.BuildOptions, out io.Writer, again *reloads, level *slog.LevelVar, kinds config.Kinds) (*instance, error) {
	reference, err := referenceOf(kinds)
	if err != nil {
		return nil, err
	}
	if options.Listeners == nil {
		options.Listeners = ownListeners()
	}
	if options.Recording == nil {
		options.Recording = new(trace.Switch)
	}
	i := &instance{
		listen: listen, options: options, docs: reference.Handler(), out: out, log: options.ErrorLog,
		servers: newServers(), stop: make(chan time.Duration, 1), ending: make(chan struct{}), reloads: again, level: level,
	}
	first, err := i.newGeneration(file)
	if err != nil {
		return nil, err
	}
	opened, err := i.open(first.specs)
	if err != nil {
		first.discard()
		return nil, err
	}
	i.current, i.servers.list = first, opened
	i.requests, i.endRequests = context.WithCancel(context.Background())
	i.spans, i.endSpans = context.WithCancel(context.Background())
	return i, nil
}

// open listens at all of the addresses, or at none.
func (i *instance) open(specs []listenerSpec) (opened []*listening, err error) {
	for _, spec := range specs {
		l, err := i.listen(spec.addr, spec.config.Socket)
		if err != nil {
			for _, o := range opened {
				o.listener.Close()
			}
			return nil, &listenError{spec, err}
		}
		one := &listening{server: spec.server(i.options), listener: l, spec: spec}
		spec.running.Store(one)
		opened = append(opened, one)
	}
	for _, o := range opened {
		o.forget = i.options.Listeners.Add(o.listener.Addr())
		i.log.Info("listening", "for", o.spec.what, "address", o.listener.Addr().String())
		fmt.Fprintf(i.out, "%-22s %s://%s\n", o.spec.what, o.spec.scheme(), o.listener.Addr())
	}
	return opened, nil
}

// A listenError says why a listener cannot be opened, or not changed.
type listenError struct {
	spec listenerSpec
	err  error
}

func (e *listenError) Error() string { return e.spec.what + ": " + e.err.Error() }
func (e *listenError) Unwrap() error { return e.err }

// run serves until ctx ends or the admin server is told to shut down. Then it
// drains the servers and closes the mesh, all within the grace; only requests that
// are broken off get at least a tenth of a second to be told so. Spans get what the
// requests leave of the grace, less if none arrives at the collector for some time;
// a tenth of it, at most one second, is reserved for them. Spans that could not be
// sent are logged and are no failure of the program.
func (i *instance) run(ctx context.Context) error {
	i.servers.start(i.servers.list...)
	grace, err := i.serve(ctx)
	i.log.Info("draining", "grace", grace, "requests", i.pending())
	close(i.ending)
	end := time.Now().Add(grace)
	forSpans := min(grace/10, time.Second)
	// Requests of earlier generations have no more time than the others.
	timer := time.AfterFunc(grace*8/10, i.endRequests)
	defer timer.Stop()
	err = errors.Join(err, i.servers.drain(grace-forSpans))
	i.endRequests()
	flush, cancel := context.WithDeadline(i.spans, end)
	defer cancel()
	defer context.AfterFunc(flush, i.endSpans)()
	defer i.endSpans()
	defer whenStalled(i.current.mesh.Spans, cancel)()
	i.close(i.current, flush)
	i.waitRetired(end)
	return err
}

// waitRetired waits until the earlier generations are closed, or until end.
func (i *instance) waitRetired(end time.Time) {
	all := make(chan struct{})
	go func() {
		defer close(all)
		i.retiring.Wait()
	}()
	select {
	case <-all:
	case <-time.After(max(time.Until(end), 100*time.Millisecond)):
	}
}

// serve returns when it is time to end, with the grace for that.
func (i *instance) serve(ctx context.Context) (grace time.Duration, err error) {
	for {
		select {
		case <-ctx.Done():
			i.log.Info("stopping", "because", context.Cause(ctx))
			return i.current.mesh.Admin.ShutdownGrace, nil
		case grace := <-i.stop:
			i.log.Info("stopping", "because", "POST /admin/shutdown")
			return grace, nil
		case err := <-i.servers.failed:
			i.log.Error("stopping", "error", err)
			return i.current.mesh.Admin.ShutdownGrace, err
		case <-i.reloads.requested():
			i.reload()
		}
	}
}

// close ends a generation that has no requests any more.
func (i *instance) close(g *generation, ctx context.Context) {
	g.pages.Retire(func() {
		if lost := g.mesh.Close(ctx); lost != nil {
			i.log.Warn("closing", slog.Any("error", lost))
		}
	})
}

// waitIdle waits until no request is in flight, for at most limit: a request in
// flight may need this instance again, for the next call of the chain.
func (i *instance) waitIdle(limit time.Duration) {
	deadline := time.Now().Add(limit)
	for i.pending() > 0 && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond)
	}
}

func (i *instance) pending() (n int64) {
	for _, s := range i.current.mesh.Servers {
		n += s.Handler.Stats().Pending
	}
	return n
}
