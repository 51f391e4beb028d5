package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/proxy/config"
)

// hop is a configuration brought to life: the mesh, a server for each of its
// addresses, and the admin server. It can be given another configuration while
// it runs.
type hop struct {
	listen  listenFunc
	options config.BuildOptions
	out     io.Writer // is told what listens where
	log     *slog.Logger

	now     *generation
	servers *servers
	stop    chan time.Duration // the grace that POST /admin/shutdown gives
	reloads *reloads           // nil: there is nothing to read again

	refusals *admin.Refusals // of all generations
	history  *admin.History

	retiring sync.WaitGroup  // generations whose requests are not over
	leaving  context.Context // ends when those have no time left
	leave    context.CancelFunc
	flushing context.Context // ends when spans have no time left
	flushed  context.CancelFunc
}

// listenFunc is net.Listen, or hands out a listener that was made before.
type listenFunc func(network, addr string) (net.Listener, error)

// newHop builds the file and listens; it prints what listens where.
func newHop(file *config.File, listen listenFunc, options config.BuildOptions, out io.Writer) (*hop, error) {
	return newReloadingHop(file, listen, options, out, nil)
}

func newReloadingHop(file *config.File, listen listenFunc, options config.BuildOptions, out io.Writer, again *reloads) (*hop, error) {
	if options.Listeners == nil {
		options.Listeners = ownListeners()
	}
	h := &hop{
		listen: listen, options: options, out: out, log: options.ErrorLog,
		servers: newServers(), stop: make(chan time.Duration, 1), reloads: again,
		refusals: new(admin.Refusals), history: new(admin.History),
	}
	first, err := h.newGeneration(file)
	if err != nil {
		return nil, err
	}
	opened, err := h.open(first.doors)
	if err != nil {
		first.discard()
		return nil, err
	}
	h.now, h.servers.list = first, opened
	h.leaving, h.leave = context.WithCancel(context.Background())
	h.flushing, h.flushed = context.WithCancel(context.Background())
	return h, nil
}

// open listens at all of the doors, or at none.
func (h *hop) open(doors []door) (opened []*listening, err error) {
	for _, d := range doors {
		l, err := h.listen("tcp", d.addr)
		if err != nil {
			for _, o := range opened {
				o.listener.Close()
			}
			return nil, &doorError{d, err}
		}
		opened = append(opened, &listening{server: d.server(h.options), listener: l, door: d})
	}
	for _, o := range opened {
		o.forget = h.options.Listeners.Add(o.listener.Addr())
		fmt.Fprintf(h.out, "%-22s http://%s\n", o.door.what, o.listener.Addr())
	}
	return opened, nil
}

// A doorError says why one cannot listen, or not differently, at a door.
type doorError struct {
	door door
	err  error
}

func (e *doorError) Error() string { return e.door.what + ": " + e.err.Error() }
func (e *doorError) Unwrap() error { return e.err }

// run serves until ctx ends or the admin server is told to shut down, drains,
// and closes the mesh, all within the grace, but that requests which are broken
// off are told so for a tenth of a second at least. Spans have what the requests
// leave of it, until none arrives for some time, but for those a tenth is set aside,
// at most a second. That some could not be sent is logged and no failure of the
// program.
func (h *hop) run(ctx context.Context) error {
	h.servers.start(h.servers.list...)
	grace, err := h.serve(ctx)
	end := time.Now().Add(grace)
	forSpans := min(grace/10, time.Second)
	// Requests of generations before have no more time than the others.
	leave := time.AfterFunc(grace*8/10, h.leave)
	defer leave.Stop()
	err = errors.Join(err, h.servers.drain(grace-forSpans))
	h.leave()
	flush, cancel := context.WithDeadline(h.flushing, end)
	defer cancel()
	defer context.AfterFunc(flush, h.flushed)()
	defer h.flushed()
	defer whenStalled(h.now.mesh.Pipelines, cancel)()
	h.close(h.now, flush)
	h.retired(end)
	return err
}

// retired waits until nothing of the generations before is left, or until end.
func (h *hop) retired(end time.Time) {
	all := make(chan struct{})
	go func() {
		defer close(all)
		h.retiring.Wait()
	}()
	select {
	case <-all:
	case <-time.After(max(time.Until(end), 100*time.Millisecond)):
	}
}

// serve returns when it is time to end, with the grace for that.
func (h *hop) serve(ctx context.Context) (grace time.Duration, err error) {
	for {
		select {
		case <-ctx.Done():
			return h.now.mesh.Admin.ShutdownGrace, nil
		case grace := <-h.stop:
			return grace, nil
		case err := <-h.servers.failed:
			return h.now.mesh.Admin.ShutdownGrace, err
		case <-h.reloads.wanted():
			h.reload()
		}
	}
}

// close ends a generation that has no requests any more.
func (h *hop) close(g *generation, ctx context.Context) {
	g.pages.Retire(func() {
		if lost := g.mesh.Close(ctx); lost != nil {
			h.log.Warn("closing", slog.Any("error", lost))
		}
	})
}

// quiet waits until no request is in flight, for at most limit: while one is,
// it may need this hop again, for the next call of the chain.
func (h *hop) quiet(limit time.Duration) {
	deadline := time.Now().Add(limit)
	for h.pending() > 0 && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond)
	}
}

func (h *hop) pending() (n int64) {
	for _, s := range h.now.mesh.Servers {
		n += s.Handler.Stats().Pending
	}
	return n
}

// notices prints what whoever wrote the file should know.
func notices(file *config.File, to io.Writer) {
	for _, n := range file.Notices {
		fmt.Fprintln(to, n)
	}
}

func logger(to io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(to, nil)) }
