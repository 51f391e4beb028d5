package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/meshhop/meshhop/proxy/config"
)

// reload reads the configuration again and puts it in the place of the one in
// effect, or leaves that as it is.
func (h *hop) reload() {
	err := h.renew()
	h.reloads.done(err)
	if err != nil {
		h.log.Error("configuration refused: the one before stays", slog.String("file", h.reloads.name))
		return
	}
	h.log.Info("configuration taken", slog.String("file", h.reloads.name))
}

func (h *hop) renew() error {
	file, err := h.reloads.load()
	if err != nil {
		return err
	}
	next, err := h.newGeneration(file)
	if err != nil {
		return err
	}
	if err := h.become(next); err != nil {
		next.discard()
		return err
	}
	notices(file, h.reloads.err)
	findings(file, h.reloads.err)
	return nil
}

// become puts another generation in the place of the one that is now. Sockets
// for addresses of both stay, and with them all connections; new ones are
// opened before anything else is done, so that an error leaves everything as
// it was. Requests that have begun end where they began.
func (h *hop) become(next *generation) error {
	sockets, err := h.socketsFor(next.doors)
	if err != nil {
		return placed(err)
	}
	var missing []door
	for i, d := range next.doors {
		if sockets[i] == nil {
			missing = append(missing, d)
		}
	}
	opened, err := h.open(missing)
	if err != nil {
		return placed(err)
	}
	h.servers.start(opened...)
	var over []<-chan struct{}
	for i, d := range next.doors {
		if sockets[i] == nil {
			sockets[i], opened = opened[0], opened[1:]
			continue
		}
		over = append(over, sockets[i].server.Replace(d.handler))
		d.running.Store(sockets[i].server)
		sockets[i].door = d
	}
	gone := slices.DeleteFunc(h.servers.list, func(l *listening) bool { return slices.Contains(sockets, l) })
	before := h.now
	h.now, h.servers.list = next, sockets
	h.retiring.Go(func() { h.retire(before, gone, over) })
	return nil
}

// socketsFor finds the sockets that stay, one for each door; nil is one that has
// to be opened.
func (h *hop) socketsFor(doors []door) ([]*listening, error) {
	sockets := make([]*listening, len(doors))
	for i, d := range doors {
		at := slices.IndexFunc(h.servers.list, func(l *listening) bool { return l.door.sameAs(d) && !slices.Contains(sockets, l) })
		if at < 0 {
			continue
		}
		sockets[i] = h.servers.list[at]
		switch now := sockets[i].door; {
		case now.head != d.head:
			return nil, &doorError{d, errors.New("maxHeadersKB and maxInitialLineKB cannot change by so much while it listens; restart instead")}
		case now.session != d.session:
			return nil, &doorError{d, errors.New("serverSession cannot change while it listens; restart instead")}
		}
	}
	return sockets, nil
}

// placed adds to an error about a door where that stands in the file.
func placed(err error) error {
	if wrong := (*doorError)(nil); errors.As(err, &wrong) {
		return config.Errors{{Position: wrong.door.at, Reason: err.Error(), Err: err}}
	}
	return err
}

// retire ends a generation when its last request is over. Where its sockets are
// gone, requests have the grace that they would have had at the end of the
// program.
func (h *hop) retire(g *generation, gone []*listening, over []<-chan struct{}) {
	grace := g.mesh.Admin.ShutdownGrace
	if err := drain(h.leaving, grace, gone); err != nil {
		h.log.Warn("retiring", slog.Any("error", err))
	}
	for _, l := range gone {
		l.forget()
	}
	for _, one := range over {
		select {
		case <-one:
		case <-h.leaving.Done():
		}
	}
	ctx, cancel := context.WithTimeout(h.flushing, max(grace, time.Second))
	defer cancel()
	h.close(g, ctx)
}

// said is an error as it is printed: one line for each thing that is wrong.
func said(err error) []string {
	wrong := (config.Errors)(nil)
	if !errors.As(err, &wrong) {
		return []string{err.Error()}
	}
	lines := make([]string, len(wrong))
	for i, one := range wrong {
		lines[i] = fmt.Sprint(one)
	}
	return lines
}
