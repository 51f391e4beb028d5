package tally_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/histogram"
	"github.com/meshhop/meshhop/internal/traffic"
	"github.com/meshhop/meshhop/internal/traffic/tally"
)

// TestServer: totals are of all time, and quantiles of the last minute.
func TestServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := tally.NewServer()
		s.Opened()
		s.Opened()
		s.Moved(1000, 2_000_000_000_000)
		s.Served(traffic.Exchange{Status: 200})
		s.Served(traffic.Exchange{Status: 200, Timed: true, Ended: time.Now(), Head: time.Second, First: 40 * time.Microsecond, Write: 2 * time.Second})
		s.Served(traffic.Exchange{Timed: true, Ended: time.Now(), Broken: true})
		s.Served(traffic.Exchange{Status: 101, Timed: true, Ended: time.Now(), Upgraded: true})
		s.Refused(traffic.Refusal{Status: 431, Reason: traffic.TooLong})
		s.Closed(traffic.Conn{At: time.Now(), Lasted: 1500 * time.Millisecond, Requests: 4, Received: 1000, Sent: 2_000_000_000_000})
		got := s.Read()
		if got.Opened != 2 || got.Closed != 1 || got.Received != 1000 || got.Sent != 2_000_000_000_000 {
			t.Errorf("counted %+v", got.ConnTotals)
		}
		if got.Served != 4 || got.Broken != 1 || got.Upgraded != 1 || got.Refused[traffic.TooLong] != 1 {
			t.Errorf("served %d, broken %d, upgraded %d, refused %v", got.Served, got.Broken, got.Upgraded, got.Refused)
		}
		if n := got.Head.All.Count(); n != 3 || got.First.All.Count() != 1 || got.Write.All.Count() != 1 {
			t.Errorf("%d heads", n)
		}
		// Amounts are exact below 64, and 1.6 % off at most.
		if n := got.Requests.Recent.Quantile(1) / histogram.Once; n != 4 {
			t.Errorf("%d requests", n)
		}
		if n := got.Out.Recent.Quantile(1) / histogram.Once; n < 1_968_000_000_000 || n > 2_032_000_000_000 {
			t.Errorf("%d bytes", n)
		}
		if n := got.In.All.Sum / float64(histogram.Once); n != 1000 {
			t.Errorf("a sum of %v", n)
		}
		time.Sleep(2 * time.Minute)
		if got = s.Read(); got.Lasted.Recent.Count() != 0 || got.Lasted.All.Count() != 1 {
			t.Errorf("later %+v", got.Lasted)
		}
	})
}

// TestClient: what two clients counted can be added.
func TestClient(t *testing.T) {
	c := tally.NewClient()
	if got := c.Read(); got.Connected.All.Count() != 0 {
		t.Errorf("at first %+v", got)
	}
	for _, end := range []traffic.DialEnd{traffic.Connected, traffic.Failed, traffic.Failed, traffic.Cancelled} {
		c.Dialed(traffic.Dial{At: time.Now(), Took: time.Millisecond, End: end})
	}
	c.Opened()
	c.Moved(3, 4)
	c.Closed(traffic.Conn{At: time.Now(), Lasted: time.Second, Requests: 1, Received: 3, Sent: 4})
	both := c.Read().Plus(c.Read())
	if both.Opened != 2 || both.Closed != 2 || both.Received != 6 || both.Sent != 8 || both.Cancelled != 2 {
		t.Errorf("counted %+v", both)
	}
	for name, n := range map[string]uint64{"connected": both.Connected.All.Count(), "failed": both.Failed.All.Count() / 2, "lasted": both.Lasted.All.Count(),
		"requests": both.Requests.All.Count(), "in": both.In.All.Count(), "out": both.Out.All.Count()} {
		if n != 2 {
			t.Errorf("%s: %d", name, n)
		}
	}
}
