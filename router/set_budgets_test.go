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
	for i := range 2 * maxSetBudgets {
		of, err := NewBudget(10*time.Second, i, 0)
		if err != nil {
			t.Fatal(err)
		}
		b := s.bucket(of)
		if again := s.bucket(of); again != b || s.add(of) != b {
			t.Errorf("the settings %+v have several budgets", of)
		}
		seen[b] = true
	}
	if len(seen) != maxSetBudgets {
		t.Errorf("%d budgets", len(seen))
	}
}
