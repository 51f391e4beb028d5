package routetest

import (
	"regexp"
	"strings"
)

// wanted is what a row wants; what is empty is not looked at.
type wanted struct{ name, bound, endpoints, err string }

// compare says whether a route is as wanted, and prints where it is not.
func compare(w wanted, r *Route) (report string, ok bool) {
	var got wanted
	if !r.Name.IsEmpty() {
		got.name = r.Name.String()
	}
	if r.Err != nil {
		got.err = r.Err.Error()
	} else {
		got.bound, got.endpoints = r.boundText(), showEndpoints(r.Endpoints)
	}
	var b strings.Builder
	ok = true
	line := func(what, want, got string, same bool) {
		if same {
			if got != "" {
				b.WriteString("  " + what + got + "\n")
			}
			return
		}
		ok = false
		if want != "" {
			b.WriteString("- " + what + want + "\n")
		}
		if got != "" {
			b.WriteString("+ " + what + got + "\n")
		}
	}
	line("name       ", w.name, got.name, w.name == "" || w.name == got.name)
	line("bound      ", w.bound, got.bound, w.bound == "" || w.bound == got.bound)
	line("endpoints  ", w.endpoints, got.endpoints, w.endpoints == "" || w.endpoints == got.endpoints)
	line("error      ", w.err, got.err, (w.err == "") == (got.err == "") && strings.Contains(got.err, w.err))
	if len(r.Dtab) > 0 {
		b.WriteString("dtab:\n")
		for _, e := range r.Dtab {
			b.WriteString("  " + e.String() + "\n")
		}
	}
	if r.delegation != "" {
		b.WriteString("delegation:\n")
		for l := range strings.Lines(r.delegation) {
			b.WriteString("  " + l)
		}
	}
	return b.String(), ok
}

// withoutAges takes away how long ago fakes answered, which says nothing.
func withoutAges(text string) string {
	return regexp.MustCompile(`(?m)(, as of \S+ ago|( /\S+) \S+ ago)(;|$)`).ReplaceAllString(text, "$2$3")
}
