package balance_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/meshhop/meshhop/router/balance"
)

// circuit is an endpoint that dies of so many failures in a row, told as
// Finagle's FailureAccrualFactory tells it: states, and a timer.
type circuit struct {
	state    string // alive, dead, probe open, probe closed
	deadTill time.Time
	row, die int
	waits    int
}

func (c *circuit) tick() {
	if c.state == "dead" && !time.Now().Before(c.deadTill) {
		c.state = "probe open"
	}
}

func (c *circuit) open() bool { return c.state == "alive" || c.state == "probe open" }

func (c *circuit) begin() (probe bool) {
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
		if c.row++; c.row < c.die {
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
		c.state, c.deadTill = "dead", time.Now().Add(change.For)
		c.tick()
	case o == balance.Ignorable && probe && c.state == "probe closed":
		c.state = "probe open"
	}
	return change
}

// TestHealthIsTheCircuit: whatever happens in whatever order, the endpoint does
// what the state machine says.
func TestHealthIsTheCircuit(t *testing.T) {
	move := rapid.Custom(func(t *rapid.T) move {
		return move{
			kind:    rapid.SampledFrom([]string{"pass", "begin", "end"}).Draw(t, "kind"),
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

// move is something that happens to an endpoint: time passes, a request begins,
// or one of those in flight ends.
type move struct {
	kind    string
	time    time.Duration
	which   int
	outcome balance.Outcome
}

// follow plays moves to an endpoint and to the state machine.
func follow(t *testing.T, failures int, moves []move) error {
	c := &circuit{state: "alive", die: failures}
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
		case m.kind == "pass":
			time.Sleep(m.time)
			c.tick()
		case m.kind == "begin":
			lease := e.Acquire()
			if want := c.begin(); lease.Probe() != want {
				return fmt.Errorf("move %d, %s: a probe: %v", i, state, lease.Probe())
			}
			leases = append(leases, &lease)
		case len(leases) > 0:
			which := m.which % len(leases)
			lease := leases[which]
			if got, want := lease.Report(m.outcome), c.report(m.outcome, lease.Probe()); got != want {
				return fmt.Errorf("move %d, %s: %v for %v, want %v for %v", i, state, got.Kind, got.For, want.Kind, want.For)
			}
			lease.Done()
			leases = append(leases[:which], leases[which+1:]...)
		}
		if e.Open() != c.open() || e.Pending() != int64(len(leases)) {
			return fmt.Errorf("move %d, from %s to %s: open: %v; %d pending of %d", i, state, c.state, e.Open(), e.Pending(), len(leases))
		}
	}
	return nil
}
