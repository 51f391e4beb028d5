package router

import (
	"testing"
	"time"
)

// TestSettingsOfBudgetsAreBounded: a set keeps one budget for equal settings, and has
// those beyond the bound share the first.
func TestSettingsOfBudgetsAreBounded(t *testing.T) {
	var s setBudgets
	seen := map[*bucket]bool{}
	var first *bucket
	for i := range 2 * maxSetBudgets {
		of, err := NewBudget(10*time.Second, i, 0)
		if err != nil {
			t.Fatal(err)
		}
		b := s.bucket(of)
		if again := s.bucket(of); again != b || s.add(of) != b {
			t.Errorf("the settings %+v have several budgets", of)
		}
		if seen[b] = true; i == 0 {
			first = b
		} else if (b == first) != (i >= maxSetBudgets) {
			t.Errorf("the settings number %d share those of the first: %v", i, b == first)
		}
	}
	if len(seen) != maxSetBudgets {
		t.Errorf("%d budgets", len(seen))
	}
}
