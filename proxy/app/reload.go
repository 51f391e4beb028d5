package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/meshhop/meshhop/proxy/config"
)

// reload reads the configuration again. The new one takes the place of the one in
// effect; if it is wrong, that one stays.
func (i *instance) reload() {
	// Even if the file is wrong: who renames logs sends SIGHUP for them alone.
	i.current.mesh.ReopenAccessLogs()
	err := i.tryReload()
	i.reloads.done(err)
	if err != nil {
		i.log.Error("configuration refused: the one before stays", slog.String("file", i.reloads.name))
		return
	}
	i.log.Info("configuration taken", slog.String("file", i.reloads.name))
}

func (i *instance) tryReload() error {
	file, err := i.reloads.load()
	if err != nil {
		return err
	}
	next, err := i.newGeneration(file)
	if err != nil {
		return err
	}
	if err := i.replace(next); err != nil {
		next.discard()
		return err
	}
	i.reloads.taken(file)
	return nil
}

// replace puts another generation in the place of the current one. A socket whose
// address both have stays open, with all of its connections. New sockets are opened
// before anything else changes, so that an error leaves everything as it was. A
// request ends in the generation in which it began.
func (i *instance) replace(next *generation) error {
	sockets, err := i.socketsFor(next.specs)
	if err != nil {
		return withPosition(err)
	}
	var missing []listenerSpec
	for n, spec := range next.specs {
		if sockets[n] == nil {
			missing = append(missing, spec)
		}
	}
	opened, err := i.open(missing)
	if err != nil {
		return withPosition(err)
	}
	i.servers.start(opened...)
	var drained []<-chan struct{}
	for n, spec := range next.specs {
		if sockets[n] == nil {
			sockets[n], opened = opened[0], opened[1:]
			continue
		}
		sockets[n].server.ReplaceTLS(spec.config.TLS)
		drained = append(drained, sockets[n].server.Replace(spec.handler))
		spec.running.Store(sockets[n])
		sockets[n].spec = spec
	}
	removed := slices.DeleteFunc(i.servers.list, func(l *listening) bool { return slices.Contains(sockets, l) })
	before := i.current
	i.current, i.servers.list = next, sockets
	i.retiring.Go(func() { i.retire(before, removed, drained) })
	return nil
}

// socketsFor finds the sockets that stay, one for each spec; nil stands for a socket
// that must be opened.
func (i *instance) socketsFor(specs []listenerSpec) ([]*listening, error) {
	sockets := make([]*listening, len(specs))
	for n, spec := range specs {
		at := slices.IndexFunc(i.servers.list, func(l *listening) bool { return l.spec.sameAs(spec) && !slices.Contains(sockets, l) })
		if at < 0 {
			continue
		}
		sockets[n] = i.servers.list[at]
		switch now, then := sockets[n].spec.config, spec.config; {
		case (now.TLS == nil) != (then.TLS == nil):
			return nil, &listenError{spec, errors.New("tls cannot be added or removed while it listens; restart instead")}
		case now.MaxHeadBytes != spec.config.MaxHeadBytes:
			return nil, &listenError{spec, errors.New("maxHeadersKB and maxInitialLineKB cannot change by so much while it listens; restart instead")}
		case withoutTLS(now) != withoutTLS(then):
			return nil, &listenError{spec, errors.New("serverSession and socketOptions cannot change while it listens; restart instead")}
		}
	}
	return sockets, nil
}

// withPosition adds to a listenError where the address stands in the file.
func withPosition(err error) error {
	if wrong := (*listenError)(nil); errors.As(err, &wrong) {
		return config.Errors{{Position: wrong.spec.at, Reason: err.Error(), Err: err}}
	}
	return err
}

// retire closes a generation when its last request has ended. Requests on sockets
// that were removed have the grace that they would have had at the end of the
// program.
func (i *instance) retire(g *generation, removed []*listening, drained []<-chan struct{}) {
	grace := g.mesh.Admin.ShutdownGrace
	if err := drain(i.requests, grace, removed); err != nil {
		i.log.Warn("retiring", slog.Any("error", err))
	}
	for _, l := range removed {
		l.forget()
	}
	for _, one := range drained {
		select {
		case <-one:
		case <-i.requests.Done():
		}
	}
	ctx, cancel := context.WithTimeout(i.spans, max(grace, time.Second))
	defer cancel()
	i.close(g, ctx)
}

// errorLines is an error as it is printed: one line for each thing that is wrong.
func errorLines(err error) []string {
	wrong := (config.Errors)(nil)
	if !errors.As(err, &wrong) {
		return []string{err.Error()}
	}
	lines := make([]string, len(wrong))
	for n, one := range wrong {
		lines[n] = fmt.Sprint(one)
	}
	return lines
}
