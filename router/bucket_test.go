package router

import (
	"testing"
	"time"
)

// TestNothingIsNeverRetried: without a share and without a reserve no number of requests
// makes a retry.
func TestNothingIsNeverRetried(t *testing.T) {
	none, err := NewBudget(time.Minute, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	b := newBucket(none)
	for range 2 * maxWithdraw / budgetScale {
		b.put()
	}
	if b.balance() != 0 || b.take() {
		t.Error("there is a retry")
	}
}
