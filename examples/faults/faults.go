package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// What accrual needs to see a fault: five failures in a row, which come at once
// or only after a time limit. Each of the two incoming hops has to see its own
// five: at 200 requests a second a hop asks one of six replicas 17 times a
// second, by chance, so that half a second would often be too short.
const (
	atOnce    = 1500 * time.Millisecond
	afterCall = callTimeout + atOnce
)

// faults are all of them.
func (s *scene) faults() []*fault {
	mode := func(mode string) func(context.Context, *scene, *backend) error {
		return func(_ context.Context, _ *scene, b *backend) error { return b.order(mode) }
	}
	return []*fault{
		{name: "none"},
		{name: "replica killed", make: killReplica, mend: startReplica, postsFail: true},
		{name: "replica restarted", make: restartReplica, postsFail: true},
		{name: "replica leaves", make: drainReplica, mend: startReplica},
		{name: "incoming hop leaves", make: drainHop, mend: startHop},
		{name: "replica slow", make: mode(slow), mend: mode(healthy)},
		{name: "replica resets before an answer", make: mode(resets), mend: mode(healthy), postsFail: true},
		{name: "replica resets amid an answer", make: mode(cuts), mend: mode(healthy), seen: atOnce, postsFail: true},
		{name: "replica never answers", make: mode(deaf), mend: mode(healthy), seen: afterCall, postsFail: true},
		{name: "replica answers 500", make: mode(failing), mend: mode(healthy), seen: atOnce, postsFail: true},
		{name: "replica's queue is full", make: fillQueue, mend: emptyQueue, seen: afterCall, postsFail: true},
		{name: "DNS fails", make: breakDNS, mend: mendDNS, watch: 6 * time.Second},
		{name: "collector hangs and dies", make: stopCollector, mend: startCollector},
		{name: "reloads", make: reloadAll},
	}
}

func killReplica(_ context.Context, _ *scene, b *backend) error {
	b.kill()
	return nil
}

func startReplica(_ context.Context, _ *scene, b *backend) error { return b.start() }

func restartReplica(ctx context.Context, _ *scene, b *backend) error {
	b.kill()
	if err := pause(ctx, 200*time.Millisecond); err != nil {
		return err
	}
	return b.start()
}

func drainReplica(_ context.Context, _ *scene, b *backend) error {
	return b.terminate(10 * time.Second)
}

func drainHop(_ context.Context, s *scene, _ *backend) error {
	return s.incoming[0].terminate(10 * time.Second)
}

func startHop(_ context.Context, s *scene, _ *backend) error { return s.incoming[0].start() }

func fillQueue(_ context.Context, s *scene, b *backend) error {
	if err := b.order(full); err != nil {
		return err
	}
	var filled bool
	if s.crowd, filled = gather(b.addr()); !filled {
		return errors.New("the queue does not fill")
	}
	return nil
}

func emptyQueue(_ context.Context, s *scene, b *backend) error {
	s.crowd.disperse()
	return b.order(healthy)
}

// breakDNS has DNS fail while a host appears that nobody has looked up yet.
func breakDNS(_ context.Context, s *scene, _ *backend) error {
	s.dns.asked.Store(0)
	s.dns.broken.Store(true)
	return s.publish("incoming", s.replicaLines("replica-7"+domain))
}

func mendDNS(_ context.Context, s *scene, _ *backend) error {
	s.dns.broken.Store(false)
	if s.dns.asked.Load() == 0 {
		return errors.New("nobody asked DNS meanwhile")
	}
	return s.publish("incoming", s.replicaLines())
}

// stopCollector has it accept and never answer, and then vanish.
func stopCollector(ctx context.Context, s *scene, _ *backend) error {
	if err := s.collector.signal(stopSignal()); err != nil {
		return err
	}
	if err := pause(ctx, time.Second); err != nil {
		return err
	}
	s.collector.kill()
	return nil
}

func startCollector(_ context.Context, s *scene, _ *backend) error { return s.collector.start() }

// reloadAll reloads the hops again and again, and once with a file that is wrong.
func reloadAll(ctx context.Context, s *scene, _ *backend) error {
	for range 5 {
		for _, h := range s.hops() {
			if err := h.reload(ctx); err != nil {
				return err
			}
		}
	}
	h := s.outgoing
	good, err := os.ReadFile(h.file)
	if err != nil {
		return err
	}
	if err := os.WriteFile(h.file, []byte("routers: 1\n"), 0o600); err != nil {
		return err
	}
	if err := h.reload(ctx); !errors.Is(err, errRefused) {
		return fmt.Errorf("a file that is wrong was taken (%w)", err)
	}
	return os.WriteFile(h.file, good, 0o600)
}
