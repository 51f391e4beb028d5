package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
)

// The loops attack: one request that leads to the hop itself, by whatever way. It
// must not become many.

// loop is one way.
type loop struct {
	name    string
	request string
	at      *ownHop
	passes  []*ownHop // those whose requests are counted
	// become is how many requests it may become, and status what it is answered.
	become int
	status int
}

func loopsAttack() *attack {
	return &attack{
		name:  "loops",
		about: fmt.Sprintf("a request that leads to the hop itself, once and %d times at once; how many requests and descriptors it becomes", loopsAtOnce),
		make:  loops,
	}
}

const (
	loopsAtOnce = 40
	// loopDescriptors is what each of them may take: the caller's connection,
	// two for each request that it becomes, and as much again.
	loopDescriptors = 10
)

const loopsConfig = `routers:
- protocol: http
  label: attacked
  dtab: |
    /svc/self => /$/inet/127.0.0.1/PORT ;
    /next     => /$/inet/127.0.0.1/%[1]d ;
    /svc/next => /next ;
  servers:
  - {ip: 127.0.0.1, port: PORT}
`

func loops(ctx context.Context, s *scene, out io.Writer) (broken []string, err error) {
	ports, err := freePorts(5)
	if err != nil {
		return nil, err
	}
	config, second := loopsConfig, ""
	if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.2:%d", ports[4])); err == nil {
		l.Close()
		second = l.Addr().String()
		config += fmt.Sprintf("  - {ip: 127.0.0.2, port: %d}\n", ports[4])
	}
	a, err := openHopAt(ctx, s, ports[:2], fmt.Sprintf(config, ports[2]))
	if err != nil {
		return nil, err
	}
	b, err := openHopAt(ctx, s, ports[2:4], fmt.Sprintf(loopsConfig, ports[0]))
	if err != nil {
		return nil, err
	}
	around, err := newRelay(a.addr)
	if err != nil {
		return nil, err
	}
	defer around.close()
	_, own, err := net.SplitHostPort(a.addr)
	if err != nil {
		return nil, err
	}
	one, both := []*ownHop{a}, []*ownHop{a, b}
	rows := []loop{
		{"l5d-dtab", get("/", "x", override(a.addr)), a, one, 2, 403},
		{"l5d-ctx-dtab", get("/", "x", "l5d-ctx-dtab: "+everything(a.addr)), a, one, 2, 403},
		{"l5d-dtab, its name", get("/", "x", override("localhost:"+own)), a, one, 2, 403},
		{"base dtab", get("/", "self"), a, one, 2, 508},
		{"l5d-dtab, address of a relay", get("/", "x", override(around.addr())), a, one, 2, 508},
		{"l5d-ctx-dtab, address of a relay", get("/", "x", "l5d-ctx-dtab: "+everything(around.addr())), a, one, 2, 508},
		{"two hops, base dtabs", get("/", "next"), a, both, 3, 508},
		{"two hops, l5d-dtab", get("/", "x", "l5d-dtab: /svc/x=>/next"), a, both, 3, 508},
		{"two hops, l5d-ctx-dtab", get("/", "x", "l5d-ctx-dtab: /svc/x=>/next"), a, both, 3, 508},
	}
	if second != "" {
		rows = append(rows, loop{"l5d-dtab, another of its addresses", get("/", "x", override(second)), a, one, 2, 403})
	}
	t := newCheck(out, "way", "answer", "requests", fmt.Sprintf("of %d at once", loopsAtOnce), "most descriptors")
	for _, l := range rows {
		if err := l.run(ctx, t); err != nil {
			return t.broken, fmt.Errorf("%s: %w", l.name, err)
		}
	}
	return t.broken, errors.Join(a.stop(), b.stop())
}

func (l loop) run(ctx context.Context, t *check) error {
	before, err := l.requests(ctx)
	if err != nil {
		return err
	}
	got, unanswered := exchange(l.at.addr, l.request)
	once, err := l.requests(ctx)
	if err != nil {
		return err
	}
	descriptors := l.at.descriptors()
	most := l.at.mostDescriptors()
	var callers sync.WaitGroup
	failed := make([]error, loopsAtOnce)
	for i := range failed {
		callers.Go(func() { _, failed[i] = exchange(l.at.addr, l.request) })
	}
	callers.Wait()
	took := most()
	lost := len(slices.DeleteFunc(failed, func(err error) bool { return err == nil }))
	many, err := l.requests(ctx)
	if err != nil {
		return err
	}
	why := first(
		atMost(fmt.Sprintf("requests without an answer, of %d", loopsAtOnce), lost, 0),
		atMost("requests that one became", once-before, l.become),
		atMost(fmt.Sprintf("requests that %d became", loopsAtOnce), many-once, loopsAtOnce*l.become),
		atMost("descriptors", took, descriptors+loopsAtOnce*loopDescriptors),
	)
	switch {
	case unanswered != nil:
		why = unanswered.Error()
	case got.status != l.status:
		why = fmt.Sprintf("%d, must be %d: %.200q", got.status, l.status, got.body)
	}
	t.row(why, l.name, fmt.Sprint(got.status), fmt.Sprintf("%d, at most %d", once-before, l.become), fmt.Sprint(many-once), fmt.Sprintf("%d, before it %d", took, descriptors))
	return nil
}

func (l loop) requests(ctx context.Context) (sum int, err error) {
	for _, h := range l.passes {
		n, err := h.sum(ctx, serverRequests)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}
