package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// The slow attack: callers that hold their connections as cheaply as they can.
// Every one that does nothing is sent away when its time is over, and others are
// served all the while.

const (
	// slowLimit is what every limit of the proxies is set to.
	slowLimit = time.Second
	// slowPatience is how much later than that a connection may be closed:
	// machines are busy.
	slowPatience = 5 * time.Second
	// slowPeers is how many of each kind there are at the same time.
	slowPeers = 8
	// dripEvery is how often one that drips sends a byte.
	dripEvery = slowLimit / 3
	// slowConnections is how many the hop is told to have at a time, in one row.
	slowConnections = 64
)

// slowPeer is one kind.
type slowPeer struct {
	name  string
	first string // what it sends
	drip  string // and then again and again
	// deaf: it reads nothing.
	deaf bool
	// stays: it makes progress, and may stay.
	stays bool
}

func slowKinds() []slowPeer {
	const good = "GET /p HTTP/1.1\r\nHost: web\r\n\r\n"
	const post = "POST /p HTTP/1.1\r\nHost: web\r\n"
	return []slowPeer{
		{name: "sends nothing"},
		{name: "head, a byte at a time", first: "GET /p HTTP/1.1\r\nHost: web\r\nX: ", drip: "a"},
		{name: "after one request: nothing", first: good},
		{name: "after one request: GE", first: good + "GE"},
		{name: "POST, body never comes", first: post + "Content-Length: 1000\r\n\r\n"},
		{name: "POST, half a chunk", first: post + "Transfer-Encoding: chunked\r\n\r\n64\r\naaa"},
		{name: "Expect, body never comes", first: post + "Content-Length: 1000\r\nExpect: 100-continue\r\n\r\n"},
		{name: "body, a byte at a time", first: post + "Content-Length: 1000\r\n\r\n", drip: "a", stays: true},
		{name: "reads nothing of a large response", first: "GET " + largePath + " HTTP/1.1\r\nHost: web\r\n\r\n", deaf: true},
	}
}

func slowAttack() *attack {
	return &attack{
		name:  "slow",
		about: fmt.Sprintf("%d connections of each kind at a time, where every limit is %v; when the last is closed, and how many of others' requests are served meanwhile, the slowest in how long", slowPeers, slowLimit),
		make: func(ctx context.Context, s *scene, out io.Writer) ([]string, error) {
			return slow(ctx, s, slowKinds(), out)
		},
	}
}

func slow(ctx context.Context, s *scene, kinds []slowPeer, out io.Writer) (broken []string, err error) {
	backend, err := newWeb(200, 0)
	if err != nil {
		return nil, err
	}
	defer backend.close()
	fronts := slices.DeleteFunc(s.present(), func(f front) bool { return f.program == "" })
	head := []string{"peer", hop, "others of it"}
	h, err := openHop(ctx, s, fmt.Sprintf(slowHop, path(backend.addr), slowLimit.Milliseconds(), 10_000))
	if err != nil {
		return nil, err
	}
	seen := [][]slowOutcome{watchSlow(ctx, h.addr, kinds)}
	if err := h.stop(); err != nil {
		return nil, err
	}
	for _, f := range fronts {
		f.command = slowCommand(f.name)
		p, err := f.open(ctx, s, backend.addr)
		if err != nil {
			return nil, err
		}
		seen = append(seen, watchSlow(ctx, p.addr, kinds))
		head = append(head, f.name, "others of it")
		if err := p.stop(); err != nil {
			return nil, err
		}
	}
	t := newCheck(out, head...)
	for i, kind := range kinds {
		cells := []string{kind.name}
		for _, of := range seen {
			cells = append(cells, of[i].closed(), of[i].others)
		}
		own := seen[0][i]
		why := own.why
		if !kind.stays && own.open > 0 {
			why = first(why, fmt.Sprintf("%d of %d are open after %v", own.open, slowPeers, slowLimit+slowPatience))
		}
		t.row(why, cells...)
	}
	return t.broken, slowMany(ctx, s, backend, t, len(seen))
}

// slowOutcome is what became of one kind.
type slowOutcome struct {
	last   time.Duration // until the last one was closed
	open   int
	others string
	why    string // of others
}

func (o slowOutcome) closed() string {
	if o.open > 0 {
		return fmt.Sprintf("%d open", o.open)
	}
	return fmt.Sprintf("closed at %.1f s", o.last.Seconds())
}

// watchSlow has all kinds come at the same time, with callers beside each.
func watchSlow(ctx context.Context, addr string, kinds []slowPeer) []slowOutcome {
	outcomes := make([]slowOutcome, len(kinds))
	var all sync.WaitGroup
	for i, kind := range kinds {
		all.Go(func() {
			others := startSteady(ctx, addr, "web", 1, false)
			o := &outcomes[i]
			var mu sync.Mutex
			var peers sync.WaitGroup
			for range slowPeers {
				peers.Go(func() {
					took, closed := kind.hold(ctx, addr, slowLimit+slowPatience)
					mu.Lock()
					defer mu.Unlock()
					o.last = max(o.last, took)
					if !closed {
						o.open++
					}
				})
			}
			peers.Wait()
			o.others, o.why = others.end()
		})
	}
	all.Wait()
	return outcomes
}

// hold is one peer: how long its connection lasted, and whether the proxy closed
// it. A connection that cannot be made is one.
func (p slowPeer) hold(ctx context.Context, addr string, most time.Duration) (took time.Duration, closed bool) {
	begun := time.Now()
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return time.Since(begun), ctx.Err() == nil
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, p.first); err != nil {
		return time.Since(begun), true
	}
	gone := make(chan struct{})
	var reading sync.WaitGroup
	defer reading.Wait()
	defer conn.Close()
	drip := p.drip
	if p.deaf {
		drip = "G" // whether it may still be written is how it learns
	} else {
		reading.Go(func() {
			defer close(gone)
			_, _ = io.Copy(io.Discard, conn) // until it is closed
		})
	}
	for {
		select {
		case <-gone:
			return time.Since(begun), true
		case <-ctx.Done():
			return time.Since(begun), false
		case <-time.After(dripEvery):
		}
		if drip == "" {
			continue
		}
		if _, err := io.WriteString(conn, drip); err != nil {
			return time.Since(begun), true
		}
	}
}

// crowdedRow is part of the name of that row.
const crowdedRow = "idle, room for"

// slowMany is more connections than there may be, half of which do nothing at all
// and half of which have had a request.
func slowMany(ctx context.Context, s *scene, backend *web, t *check, columns int) error {
	h, err := openHop(ctx, s, fmt.Sprintf(slowHop, path(backend.addr), slowLimit.Milliseconds(), slowConnections))
	if err != nil {
		return err
	}
	descriptors := h.descriptors()
	most := h.mostDescriptors()
	others := startSteady(ctx, h.addr, "web", 1, true)
	kinds := slowKinds()
	var peers sync.WaitGroup
	for i := range 4 * slowConnections {
		peers.Go(func() { kinds[i%2*2].hold(ctx, h.addr, 2*slowLimit) })
	}
	peers.Wait()
	cell, why := others.end()
	took := most()
	// Each connection may have one to the backend, and those that wait to be
	// accepted have none.
	bound := descriptors + 2*slowConnections + 16
	row := []string{fmt.Sprintf("%d %s %d", 4*slowConnections, crowdedRow, slowConnections), fmt.Sprintf("%d descriptors", took), cell}
	for len(row) < 2*columns+1 {
		row = append(row, "")
	}
	t.row(first(why, atMost("descriptors", took, bound)), row...)
	return h.stop()
}

const slowHop = `routers:
- protocol: http
  label: attacked
  dtab: /svc => /$/inet/%[1]s
  servers:
  - ip: 127.0.0.1
    port: PORT
    serverSession: {headTimeMs: %[2]d, idleTimeMs: %[2]d, bodyTimeMs: %[2]d, responseTimeMs: %[2]d, maxConnections: %[3]d}
`

// slowCommand runs another proxy with the same limits.
func slowCommand(name string) func(*scene, string, string, func(string, string) (string, error)) (*exec.Cmd, error) {
	edit, command := slowNginx, nginxCommand
	if name == haproxy {
		edit, command = slowHaproxy, haproxyCommand
	}
	return func(s *scene, addr, backend string, file func(string, string) (string, error)) (*exec.Cmd, error) {
		var unedited error
		cmd, err := command(s, addr, backend, func(name, text string) (string, error) {
			if text != "" {
				short := edit(text)
				if short == text {
					unedited = errors.New("there is no place for the limits in " + name)
				}
				text = short
			}
			return file(name, text)
		})
		return cmd, errors.Join(err, unedited)
	}
}

func slowNginx(config string) string {
	limits := ""
	for _, key := range []string{"client_header_timeout", "client_body_timeout", "keepalive_timeout", "send_timeout"} {
		limits += fmt.Sprintf("  %s %dms;\n", key, slowLimit.Milliseconds())
	}
	return strings.Replace(config, "http {\n", "http {\n"+limits, 1)
}

func slowHaproxy(config string) string {
	ms := slowLimit.Milliseconds()
	limits := fmt.Sprintf("  timeout client %dms\n  timeout http-keep-alive %dms\n  timeout http-request %dms\n", ms, ms, ms)
	return strings.NewReplacer("  timeout client 1m\n", limits, "  timeout http-keep-alive 1m\n", "").Replace(config)
}
