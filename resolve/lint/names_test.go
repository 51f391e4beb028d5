package lint_test

import (
	"testing"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/lint"
)

// TestNames: the names of requests are shown as a prefix, with dots where more may follow.
func TestNames(t *testing.T) {
	for _, row := range []struct {
		prefix string
		exact  bool
		want   string
	}{
		{"/", false, "/..."},
		{"/", true, "/"},
		{"/svc/*", false, "/svc/*/..."},
		{"/svc/*", true, "/svc/*"},
	} {
		prefix, err := resolve.ParsePrefix(row.prefix)
		if err != nil {
			t.Fatal(err)
		}
		if got := (lint.Names{Prefix: prefix, Exact: row.exact}).String(); got != row.want {
			t.Errorf("%s, exact: %v, is shown as %s", row.prefix, row.exact, got)
		}
	}
}
