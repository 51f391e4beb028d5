package lint_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/internal/lint"
	"github.com/meshhop/meshhop/resolve"
)

// lintConfig has a namer that never answers with names, /#/fs, one that may,
// /#/any, and requests that are named by their host.
func lintConfig(t testing.TB) lint.Config {
	t.Helper()
	request, err := resolve.ParsePrefix("/svc/*")
	if err != nil {
		t.Fatal(err)
	}
	return lint.Config{
		Requests: []lint.Names{{Prefix: request, Exact: true}},
		Namers: []lint.Namer{
			{Prefix: resolve.MustPath("/#/fs"), Answers: lint.NoOtherName},
			{Prefix: resolve.MustPath("/#/any")},
		},
		Utilities: map[string]func(resolve.Path) lint.Answers{"inet": lint.AlwaysBound.ForAll, "rewrite": lint.AnyAnswer.ForAll},
		Nearest: func(word string, words []string) string {
			if word == "/hots" {
				return "/host"
			}
			return ""
		},
	}
}

// showFinding gives "kind at the text that it points to", with "!" for an
// error.
func showFinding(dtab string, f lint.Finding) string {
	at, _, _ := strings.Cut(dtab[f.Pos:], ";")
	kind := f.Kind
	if f.Error {
		kind = "!" + kind
	}
	return kind + " at " + strings.TrimSpace(at)
}

func TestLint(t *testing.T) {
	for _, c := range []struct {
		dtab string
		want []string
	}{
		// Of the article and of Linkerd's examples: nothing is wrong.
		{"", nil},
		{"/srv => /#/fs ; /host => /srv ; /svc => /host ; /host/world => /srv/world-v1", nil},
		{"/svc/* => /$/inet/localhost/8080;", nil},
		{"/svc/* => /#/fs/dog & /#/fs/cat", nil},
		{"/srv => /#/fs; /svc/localhost:4142 => /$/inet/127.1/8888; /svc => /srv", nil},
		{"/ph => /$/rewrite ; /svc => /ph/80 ; /svc => /$/rewrite/ph", nil},

		// Loops.
		{"/svc => /svc", []string{"!loop at /svc"}},
		{"/svc => /svc/x", []string{"!loop at /svc/x"}},
		{"/svc => /a ; /a => /b ; /b => /a", []string{"!loop at /a"}},
		{"/svc/* => /svc/x/y", []string{"!loop at /svc/x/y"}},
		{"/ => /#/fs", []string{"!loop at /#/fs"}},
		{"/svc => /s ; /s => /s/a & /s/b", []string{"!loop at /s/a & /s/b"}},
		{"/svc => /s ; /s => /s/a | /s/b", []string{"!loop at /s/a | /s/b"}},
		{"/svc => /a/x ; /a => /b ; /b/x => /a/x", []string{"!loop at /a/x"}},
		{"/svc => /a ; /a => /b ; /b => /a ; /b/x => /$/inet/1/1", []string{"!loop at /a"}},
		{"/svc => /#/fs | /svc", []string{"loop at /svc"}},
		{"/svc => /#/fs & /svc", []string{"loop at /svc"}},
		{"/svc => /#/fs ; /svc => /a ; /a => /#/fs | /a/a", []string{"loop at /a/a"}},
		{"/svc => /a ; /a/b => /a", nil},                                   // uses names up
		{"/svc => /a ; /a => /#/fs ; /a/* => /a", nil},                     // so, too
		{"/svc => /a ; /a => /b ; /b => /#/fs ; /b/x => /a/y", nil},        // another name
		{"/svc => /$/inet/1/1 & ! ; /a => /$/rewrite/a ; /svc => /a", nil}, // who knows
		{"/svc => /$/nil ; /$ => /svc | /$", []string{"!loop at /svc | /$"}},

		// Weights.
		{"/svc => 0 * /#/fs/a & 0 * /#/fs/b", []string{"!zero-weight at 0 * /#/fs/a & 0 * /#/fs/b"}},
		{"/svc => (0*/#/fs/a & 0.0*/#/fs/b) | /#/fs/c", []string{"!zero-weight at 0*/#/fs/a & 0.0*/#/fs/b) | /#/fs/c"}},
		{"/svc => 0*/#/fs/a & 0*(/#/fs/b | $)", []string{"!zero-weight at 0*/#/fs/a & 0*(/#/fs/b | $)"}},
		{"/svc => 0 * /#/fs/a & 1 * /#/fs/b", nil},
		{"/svc => 0.9 * /#/fs/a | 0.1 * /#/fs/b", []string{"lone-weight at 0.9 * /#/fs/a | 0.1 * /#/fs/b", "lone-weight at 0.1 * /#/fs/b"}},
		{"/svc => 0 * /#/fs/a", []string{"lone-weight at 0 * /#/fs/a"}},
		{"/svc => 0.2 * (/#/fs/a | /#/fs/b)", []string{"lone-weight at 0.2 * (/#/fs/a | /#/fs/b)"}},
		{"/svc => 1 * /#/fs/a", nil},
		{"/svc => (0.5*/#/fs/a & 0.5*/#/fs/b) | /#/fs/c", nil},

		// Entries that a later one hides.
		{"/svc => /#/fs ; /svc => /$/inet/127.1/80", []string{"shadowed at /svc => /#/fs"}},
		{"/svc => /#/fs ; /svc => /#/fs | !", []string{"shadowed at /svc => /#/fs"}},
		{"/svc => /#/fs ; /svc => /#/fs", []string{"shadowed at /svc => /#/fs"}},
		{"/svc => /#/fs ; /svc => /#/fs/x & /$/nil", []string{"shadowed at /svc => /#/fs"}},
		{"/svc => /#/fs ; /svc => /a ; /a => /b ; /b => $", []string{"shadowed at /svc => /#/fs"}},
		{"/svc/web => /#/fs ; /svc => /$/inet/127.1/80", []string{"swallowed at /svc/web => /#/fs"}},
		{"/svc/web => /#/fs ; /svc/* => /$/inet/127.1/80", []string{"swallowed at /svc/web => /#/fs"}},
		{"/svc/web => /#/fs ; / => !", []string{"swallowed at /svc/web => /#/fs"}},
		{"/svc/web => /#/fs ; /svc => /host ; /host => /#/fs ; /host/web => /$/inet/1/1", []string{"swallowed at /svc/web => /#/fs"}},
		{"/svc/*/x => /#/fs ; /svc => $ ", []string{"swallowed at /svc/*/x => /#/fs"}},
		{"/svc => /$/inet/127.1/80 ; /svc => /#/fs", nil},       // a fallback
		{"/svc => /#/fs ; /svc => /#/any", nil},                 // a fallback
		{"/svc => /#/fs ; /svc => /#/fs/x & !", nil},            // all of a union may be gone
		{"/svc => ! ; /svc/web => /#/fs", nil},                  // the later is narrower
		{"/svc/* => /#/fs ; /svc/web => /$/inet/127.1/80", nil}, // so, too
		{"/svc/web => /#/fs ; /svc/shop => !", nil},             // another name
		{"/svc/*  => /#/fs ; /svc/web/* => !; /svc => /svc2;/svc2=>~", []string{"unreachable at /svc/web/* => !"}},
		{"/svc => /#/fs ; /svc => /$/rewrite", nil}, // who knows
		{"/svc => /#/fs ; /svc => /$ ", nil},        // who knows
		{"/svc => /#/fs ; /svc => /a ; /a => /$/inet/1/1 & ~", nil},

		// Alternates that are never tried.
		{"/svc => /$/inet/h/80 | /#/fs", []string{"unreached at /#/fs"}},
		{"/svc => ! | /#/fs", []string{"unreached at /#/fs"}},
		{"/svc => /#/fs | $ | /#/fs/x | !", []string{"unreached at /#/fs/x | !"}},
		{"/svc => /a | /#/fs ; /a => /$/fail", []string{"unreached at /#/fs"}},
		{"/svc => 0.5 * (/$/inet/h/80 | /#/fs) & 0.5 * /#/fs/x", []string{"unreached at /#/fs) & 0.5 * /#/fs/x"}},
		{"/svc => (/#/fs | /$/inet/h/80) | 3 * /#/fs/a & /#/fs/b", []string{"unreached at 3 * /#/fs/a & /#/fs/b"}},
		{"/svc => /#/fs | /$/inet/h/80", nil},
		{"/svc => ~ | /#/fs | !", nil},
		{"/svc => /#/fs & ! | /#/fs/x", nil},
		{"/svc => /$/rewrite/x | /#/any | /#/fs", nil},
		{"/svc => /$/inet/h/80 | /#/fs ; /$/inet => /#/fs", nil},
		{"/svc => /$/inet/h/80 | /#/fs ; /$/inet/*/80 => ~", nil},

		// Names that mean nothing.
		{"/svc => /#/consul/a | /#/fs ; /svc/x => /#/consul/b | /#/fs", []string{"no-namer at /#/consul/a | /#/fs"}},
		{"/svc => /#/consul", []string{"no-namer at /#/consul"}},
		{"/svc => 1 * /#/fs2/x & 2 * /#/fs & 3 * (~ | /#/f/s)", []string{"no-namer at /#/fs2/x & 2 * /#/fs & 3 * (~ | /#/f/s)", "no-namer at /#/f/s)"}},
		{"/svc => /hosts", []string{"unknown-name at /hosts"}},
		{"/svc => /#/fs | 0.5 * /a & 0.5 * /b", []string{"unknown-name at /a & 0.5 * /b", "unknown-name at /b"}},
		{"/svc => /hots ; /host => /#/fs", []string{"unknown-name at /hots"}},
		{"/svc => /#/consul | /#/fs ; /#/consul => /#/fs/x", nil},
		{"/svc => /#/consul | /#/fs ; /#/consul/x => /#/fs/x", nil},
		{"/svc => /# | /#/fs", nil},
		{"/svc => /host ; /host/x => /#/fs", nil},
		{"/svc/* => / ; /svc => /#/fs", nil},

		// Entries that nothing leads to.
		{"/svc => /#/fs ; /tmp => /tmp2 ; /tmp2 => /#/fs/tmp", []string{"unreachable at /tmp => /tmp2"}},
		{"/hots/world => /#/fs/x ; /host => /#/fs ; /svc => /host", []string{"unreachable at /hots/world => /#/fs/x"}},
		{"/svc/1.1/GET => /#/fs/x ; /svc => /#/fs", []string{"unreachable at /svc/1.1/GET => /#/fs/x"}},
		{"/http => /#/fs ; /host => /http", []string{"no-route at /http => /#/fs"}},
		{"/svc/a/b => /#/fs", []string{"no-route at /svc/a/b => /#/fs"}},
		{"/svc/*/x => /#/fs ; /a/* => /#/fs/y", []string{"no-route at /svc/*/x => /#/fs"}},
		{"/srv => /#/fs ; /svc => /#/any", nil},         // /#/any may lead there
		{"/srv => /#/fs ; /svc => /$/rewrite/srv", nil}, // so, too
		{"/srv => /#/fs ; /svc => /$/inet/1/1 | /srv", []string{"unreached at /srv"}},
		{"/srv/*/x => /#/fs ; /svc => /srv", nil},
		{"/*/web => /#/fs", nil},
		{"/#/fs/web => /#/fs/web-v2 ; /svc => /#/fs", nil},
	} {
		t.Run(c.dtab, func(t *testing.T) {
			found, err := lint.Dtab(c.dtab, lintConfig(t))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range found {
				got = append(got, showFinding(c.dtab, f))
				if f.Problem == "" || f.Advice == "" || strings.ContainsAny(f.Problem+f.Advice, "\n") {
					t.Errorf("%s says %q, and advises %q", f.Kind, f.Problem, f.Advice)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
