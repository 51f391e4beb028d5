package lint_test

import (
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/lint"
	"github.com/meshhop/meshhop/resolve"
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

// TestNearestIsAskedForWords: a word that nothing is known of is compared with the first
// words of the entries, and a namer that is not there with the mounts; a word that is there
// is compared with none.
func TestNearestIsAskedForWords(t *testing.T) {
	for _, row := range []struct{ dtab, asked, advice string }{
		{"/svc => /hots ; /host => /#/fs", "/hots: /svc /host", `did you mean "/host"?`},
		{"/svc => /#/sf", "/#/sf: /#/fs /#/any", `did you mean "/#/any"?`},
		{"/svc => /#/fs", "", ""},
	} {
		c, asked, advice := lintConfig(t), "", ""
		c.Nearest = func(word string, words []string) string {
			asked += word + ": " + strings.Join(words, " ")
			return words[len(words)-1]
		}
		found, err := lint.Dtab(row.dtab, c)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			if strings.HasPrefix(f.Advice, "did you mean") {
				advice += f.Advice
			}
		}
		if asked != row.asked || advice != row.advice {
			t.Errorf("%s: asked for %q, advice %q; want %q, %q", row.dtab, asked, advice, row.asked, row.advice)
		}
	}
}
