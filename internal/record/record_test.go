package record_test

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/record"
)

// TestBound: a name is bound when that was first noted, or when the first attempt began.
func TestBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := netip.MustParseAddrPort("10.0.0.1:80")
		var r record.Record
		r.Begin(time.Now(), nil)
		r.Sending(time.Second, at)
		r.Sending(2*time.Second, at)
		if r.Bound != time.Second || r.Sent != 2*time.Second || r.Attempts != 2 {
			t.Errorf("bound %s, sent %s, %d attempts", r.Bound, r.Sent, r.Attempts)
		}
		r = record.Record{}
		r.Begin(time.Now(), nil)
		time.Sleep(3 * time.Second)
		r.Known()
		time.Sleep(time.Second)
		r.Known()
		r.Sending(5*time.Second, at)
		if r.Bound != 3*time.Second || r.Sent != 5*time.Second {
			t.Errorf("bound %s, sent %s", r.Bound, r.Sent)
		}
	})
}
