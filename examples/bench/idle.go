package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// idleRow is what connections cost that have had one request each and wait for the next.
type idleRow struct {
	Name        string
	Connections int
	Each        int64 // bytes of resident memory
}

// parkTime is longer than any candidate takes to find that a connection is idle.
const parkTime = 3 * time.Second

// idle measures the memory of idle connections, for each candidate in a process of its own.
func (l *lab) idle(ctx context.Context, o options, all []*candidate, progress io.Writer) (rows []idleRow, err error) {
	for _, c := range all {
		if c.process == nil || !c.latency || c.rate > 0 {
			continue
		}
		fmt.Fprintf(progress, "%d idle connections to %s\n", o.idleConns, c.name)
		fresh := *c
		each, err := l.idleMemory(ctx, o, &fresh)
		if err != nil {
			return nil, err
		}
		rows = append(rows, idleRow{c.name, o.idleConns, each})
	}
	return rows, nil
}

func (l *lab) idleMemory(ctx context.Context, o options, c *candidate) (each int64, err error) {
	s := c.site
	s.dir = filepath.Join(s.dir, "idle")
	if err := os.Mkdir(s.dir, 0o700); err != nil {
		return 0, err
	}
	if c.process, c.addr, err = c.start(ctx, s); err != nil {
		return 0, err
	}
	defer c.process.stop(closeTime, nil)
	if err := l.once(ctx, o, c, 1); err != nil {
		return 0, err
	}
	without, err := c.settled(ctx, o.idleTime)
	if err != nil {
		return 0, err
	}
	if err := l.once(ctx, o, c, o.idleConns); err != nil {
		return 0, err
	}
	with, err := c.settled(ctx, o.idleTime)
	return (with - without) / int64(o.idleConns), err
}

// once sends a request on each of n connections.
func (l *lab) once(ctx context.Context, o options, c *candidate, n int) error {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	order := loadOrder{Addr: c.addr, Connections: min(n, o.connections), Window: askTime - patience, Once: true, mix: c.mix}
	order.Spread = n
	var r loadResult
	if err := l.load.ask(ctx, order, &r); err != nil {
		return err
	}
	c.requests += r.Requests
	if r.Failed > 0 || r.Requests != n {
		return c.process.failed(fmt.Errorf("%s: %d of %d connections have had a request: %s", c.name, r.Requests, n, r.Error))
	}
	return nil
}

// settled is the candidate's resident memory when it has done nothing for a while after a
// garbage collection.
func (c *candidate) settled(ctx context.Context, wait time.Duration) (int64, error) {
	if err := sleep(ctx, parkTime); err != nil {
		return 0, err
	}
	if c.process.own {
		var ignored uint64
		if err := c.process.ask(ctx, collect, &ignored); err != nil {
			return 0, err
		}
	}
	if err := sleep(ctx, wait); err != nil {
		return 0, err
	}
	return residentMemory(c.process.pid())
}
