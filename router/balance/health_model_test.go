package balance_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/meshhop/meshhop/router/balance"
)

// circuit is the state machine of Finagle's FailureAccrualFactory, with a policy of
// consecutive failures.
type circuit struct {
	state     string // alive, dead, probe open, probe closed
	deadUntil time.Time
	row       int // failures in a row
	limit     int // the number of them that marks the endpoint dead
	waits     int
}

func (c *circuit) tick() {
	if c.state == "dead" && !time.Now().Before(c.deadUntil) {
		c.state = "probe open"
	}
}

func (c *circuit) open() bool { return c.state == "alive" || c.state == "probe open" }

func (c *circuit) acquire() (probe bool) {
	if c.state == "probe open" {
		c.state, probe = "probe closed", true
	}
	return probe
}

func (c *circuit) report(o balance.Outcome, probe bool) (change balance.Change) {
	switch {
	case o == balance.Success:
		if c.state == "probe closed" {
			c.state, c.waits, change.Kind = "alive", 0, "revived"
		}
		c.row = 0
	case o == balance.Failure && (c.state == "alive" || c.state == "probe closed"):
		if c.row++; c.row < c.limit {
			if c.state == "probe closed" {
				c.state = "probe open"
			}
			return change
		}
		change.Kind = "extended"
		if c.state == "alive" {
			change.Kind = "removed"
		}
		c.waits++
		change.For = time.Duration(c.waits) * time.Second
		c.state, c.deadUntil = "dead", time.Now().Add(change.For)
		c.tick()
	case o == balance.Ignorable && probe && c.state == "probe closed":
		c.state = "probe open"
	}
	return change
}

// TestHealthIsTheCircuit: after any sequence of moves, the endpoint is in the state of the
// state machine.
func TestHealthIsTheCircuit(t *testing.T) {
	move := rapid.Custom(func(t *rapid.T) move {
		return move{
			kind:    rapid.SampledFrom([]string{"sleep", "acquire", "done"}).Draw(t, "kind"),
			time:    rapid.SampledFrom([]time.Duration{1, time.Millisecond, time.Second, 2 * time.Second, time.Minute}).Draw(t, "time"),
			which:   rapid.IntRange(0, 5).Draw(t, "which"),
			outcome: rapid.SampledFrom([]balance.Outcome{balance.Ignorable, balance.Success, balance.Failure}).Draw(t, "outcome"),
		}
	})
	rapid.Check(t, func(r *rapid.T) {
		failures := rapid.IntRange(1, 4).Draw(r, "failures")
		moves := rapid.SliceOfN(move, 20, 200).Draw(r, "moves")
		var err error
		inBubble(t, func(t *testing.T) { err = follow(t, failures, moves) })
		if err != nil {
			r.Fatal(err)
		}
	})
}

// move is an event: time passes, a request starts, or one of those in flight ends.
type move struct {
	kind    string
	time    time.Duration
	which   int
	outcome balance.Outcome
}

// follow plays moves to an endpoint and to the state machine, and compares them.
func follow(t *testing.T, failures int, moves []move) error {
	c := &circuit{state: "alive", limit: failures}
	set := newSet(t, func(config *balance.SetConfig) {
		config.Accrual = accrual(t)(balance.NewConsecutiveFailures(failures))
		config.Backoff = steps{}
	})
	set.Update(addresses(1))
	e := set.Endpoints()[0]
	var leases []*balance.Lease
	for i, m := range moves {
		state := c.state
		switch {
		case m.kind == "sleep":
			time.Sleep(m.time)
			c.tick()
		case m.kind == "acquire":
			lease := e.Acquire()
			if want := c.acquire(); lease.Probe() != want {
				return fmt.Errorf("move %d, %s: the request is a probe: %v", i, state, lease.Probe())
			}
			leases = append(leases, &lease)
		case len(leases) > 0:
			which := m.which % len(leases)
			lease := leases[which]
			if got, want := lease.Report(m.outcome), c.report(m.outcome, lease.Probe()); got != want {
				return fmt.Errorf("move %d, %s: the report changed %+v, want %+v", i, state, got, want)
			}
			lease.Done()
			leases = append(leases[:which], leases[which+1:]...)
		}
		if e.Open() != c.open() || e.Pending() != int64(len(leases)) {
			return fmt.Errorf("move %d, from %s to %s: the endpoint is open: %v; %d pending, want %d", i, state, c.state, e.Open(), e.Pending(), len(leases))
		}
	}
	return nil
}
