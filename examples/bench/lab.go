package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// lab is all processes.
type lab struct {
	where       cores
	dir         string
	candidates  []*process
	around      []*process // load and sink among them
	load, sink  *process
	backendAddr string
	backend     string // what it is
}

// closeTime is how long a process may take to end when nothing is asked of it
// any more.
const closeTime = 5 * time.Second

// askTime is more than any answer takes, beside the window that was asked for.
const askTime = 30 * time.Second

func startLab(ctx context.Context, where cores) (l *lab, err error) {
	l = &lab{where: where}
	if l.dir, err = os.MkdirTemp("", "meshhop-bench-"); err != nil {
		return nil, err
	}
	begun := l
	defer func() {
		if err != nil {
			begun.close()
		}
	}()
	backend, err := l.startBackend(ctx)
	if err != nil {
		return nil, err
	}
	l.around = append(l.around, backend)
	if l.load, err = startOwn(ctx, "load", where.others, struct{}{}, nil); err != nil {
		return nil, err
	}
	l.around = append(l.around, l.load)
	return l, nil
}

// startCandidates starts the sink and those candidates that are installed here;
// for the others there is a line that says so.
func (l *lab) startCandidates(ctx context.Context, all []*candidate) (field []*candidate, skipped []string, err error) {
	delays, addrs := sinkConfig{}, map[string]string{}
	for _, c := range all {
		if c.collector.name != "" && !c.collector.dead {
			delays[c.name] = c.collector.delay
		}
	}
	if l.sink, err = startOwn(ctx, "sink", l.where.others, delays, &addrs); err != nil {
		return nil, nil, err
	}
	l.around = append(l.around, l.sink)
	for i, c := range all {
		if c.collector.dead {
			addrs[c.name] = "127.0.0.1:1" // where nobody listens
		}
		s := site{
			dir: filepath.Join(l.dir, fmt.Sprint(i)),
			on:  l.where.candidates,
			job: job{Backend: l.backendAddr, Collector: addrs[c.name], Rate: c.rate, Client: c.client, Grace: c.collector.grace()},
		}
		s.job.Keep, s.job.Dashboard = c.keeps, c.dashboard
		s.job.Server, s.job.AnyName = c.server, c.anyName
		if c.mix.Replicas {
			s.job.Names = c.mix.Names
		}
		if c.logs {
			s.job.AccessLog = filepath.Join(s.dir, "access.log")
		}
		if c.program != "" {
			if s.program, err = exec.LookPath(c.program); err != nil {
				skipped = append(skipped, c.name+" is not installed: skipped")
				continue
			}
		}
		if err := os.Mkdir(s.dir, 0o700); err != nil {
			return nil, nil, err
		}
		c.site = s
		if c.process, c.addr, err = c.start(ctx, s); err != nil {
			return nil, nil, err
		}
		l.candidates = append(l.candidates, c.process)
		field = append(field, c)
	}
	return field, skipped, nil
}

// window loads a candidate for a while. rate 0: as much as it takes.
func (l *lab) window(ctx context.Context, o options, c *candidate, length time.Duration, rate int) (r loadResult, err error) {
	ctx, cancel := context.WithTimeout(ctx, length+askTime)
	defer cancel()
	order := loadOrder{Addr: c.addr, Connections: o.connections, Window: length, Rate: rate, mix: c.mix}
	err = l.load.ask(ctx, order, &r)
	if err != nil {
		return r, fmt.Errorf("%s: %w", c.name, err)
	}
	c.requests += r.Requests
	if r.Failed > 0 || r.Requests == 0 {
		return r, c.process.failed(fmt.Errorf("%s: %d requests, %d connections failed: %s", c.name, r.Requests, r.Failed, r.Error))
	}
	return r, nil
}

// arrived is how many spans the sink has got from whom.
func (l *lab) arrived(ctx context.Context) (count map[string]uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	return count, l.sink.ask(ctx, "count", &count)
}

// close ends everything, the candidates first, for they may have spans to send.
func (l *lab) close() error {
	for _, some := range [][]*process{l.candidates, l.around} {
		var ended sync.WaitGroup
		for _, p := range some {
			ended.Go(func() { p.stop(closeTime, nil) })
		}
		ended.Wait()
	}
	return os.RemoveAll(l.dir)
}
