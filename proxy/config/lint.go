package config

import (
	"slices"
	"strconv"
	"strings"

	"github.com/meshhop/meshhop/internal/lint"
	"github.com/meshhop/meshhop/resolve"
)

// Lint returns what is wrong with the dtabs of the routers although they can be parsed,
// and are used as they are, as in Linkerd: entries that are never used, names that are
// rewritten for ever, weights without effect, and so on; and which client blocks with tls
// match nothing that the dtab leads to. It skips the routers that have
// another interpreter than the default one, for which the router's dtab is only a part of
// the rules.
func (f *File) Lint() []Finding {
	var all []Finding
	for _, r := range f.routers {
		if r.interpreter.kind == defaultInterpreterKind {
			all = append(all, f.lint(r)...)
			all = append(all, f.lintTLS(r)...)
		}
	}
	slices.SortStableFunc(all, func(a, b Finding) int { return a.Position.compare(b.Position) })
	return all
}

func (f *File) lint(r routerSection) []Finding {
	d := r.dtabKey
	n := d.take("dtab")
	if n == nil {
		return nil
	}
	found, err := lint.Dtab(n.text, f.lintConfig(r))
	if err != nil {
		return nil // Load has reported it
	}
	at := d.placesOf(n, found)
	all := make([]Finding, len(found))
	for i, one := range found {
		text := one.Problem
		if one.Other >= 0 {
			text += " (" + lineText(at[one.Other].Line) + ")"
		}
		if one.Advice != "" {
			text += "; " + one.Advice
		}
		all[i] = Finding{Position: at[one.Pos], Path: d.pathOf("dtab"), Kind: one.Kind, Error: one.Error, Text: text}
	}
	return all
}

// placesOf returns the positions in the file of the offsets in the findings.
func (d *Decoder) placesOf(n *node, found []lint.Finding) map[int]Position {
	var offsets []int
	for _, f := range found {
		offsets = append(offsets, f.Pos, max(f.Other, 0))
	}
	slices.Sort(offsets)
	at := make(map[int]Position, len(offsets))
	for i, place := range d.insideAll(n, offsets) {
		at[offsets[i]] = place
	}
	return at
}

// lintConfig is what the file says about names, besides the dtab.
func (f *File) lintConfig(r routerSection) lint.Config {
	c := lint.Config{Utilities: map[string]func(resolve.Path) lint.Answers{}, Nearest: nearestName}
	for _, n := range f.namers {
		namer := lint.Namer{Prefix: n.prefix}
		if n.noOtherName {
			namer.Answers = lint.NoOtherName
		}
		c.Namers = append(c.Namers, namer)
	}
	for name := range f.utilities {
		c.Utilities[name] = utilityAnswers(name)
	}
	switch {
	case r.foreign:
		c.Requests = under(r.prefix, false)
	case len(r.identifiers) == 0:
		c.Requests = under(r.prefix, true, "*")
	}
	for _, i := range r.identifiers {
		c.Requests = append(c.Requests, i.requests(r.prefix)...)
	}
	return c
}

// nearestName is nearest, but it takes no kind of namer that Linkerd has for misspelt.
func nearestName(word string, words []string) string {
	if kind, ok := strings.CutPrefix(word, "/#/"); ok && slices.Contains(linkerdKinds(namers), kind) {
		return ""
	}
	return nearest(word, words)
}

// utilityAnswers returns what a utility (resolve/inet, resolve/status, resolve/rewrite) may
// return for names that begin with rest.
func utilityAnswers(utility string) func(rest resolve.Path) lint.Answers {
	switch utility {
	case "inet", "fixedinet":
		return lint.AlwaysBound.ForAll
	case "io.buoyant.rinet":
		return alwaysWith(2, func(resolve.Path) bool { return true })
	case "io.buoyant.http.status":
		return alwaysWith(1, func(rest resolve.Path) bool {
			code, err := strconv.Atoi(rest.Label(0))
			return err == nil && 100 <= code && code <= 599
		})
	}
	return lint.AnyAnswer.ForAll
}

// alwaysWith is for a utility that is never Neg for a name with at least that many labels
// that are right.
func alwaysWith(labels int, right func(rest resolve.Path) bool) func(rest resolve.Path) lint.Answers {
	return func(rest resolve.Path) lint.Answers {
		if rest.Len() >= labels && right(rest) {
			return lint.AlwaysBound
		}
		return lint.NoOtherName
	}
}

// requests are the names that an identifier may give to requests, as far as its kind and
// its keys tell.
func (i identifierSection) requests(prefix resolve.Path) []lint.Names {
	switch i.kind {
	case "io.l5d.header.token":
		return under(prefix, true, "*")
	case "io.l5d.methodAndHost":
		exact := i.keys.text("httpUriInDst") != "true"
		return append(under(prefix, exact, "1.1", "*", "*"), under(prefix, exact, "1.0", "*")...)
	case "io.l5d.path":
		segments, err := strconv.Atoi(i.keys.text("segments"))
		if err != nil {
			segments = 1
		}
		const most = 100 // segments beyond that are not told apart
		return under(prefix, segments <= most, slices.Repeat([]string{"*"}, min(segments, most))...)
	case "io.l5d.static":
		if name, err := resolve.ParsePath(i.keys.text("path")); err == nil {
			return []lint.Names{{Prefix: resolve.PrefixOf(prefix.Append(name)), Exact: true}}
		}
	}
	return under(prefix, false)
}

// under are the names below prefix with these elements.
func under(prefix resolve.Path, exact bool, elements ...string) []lint.Names {
	text := prefix.String()
	for _, e := range elements {
		text += "/" + e
	}
	p, err := resolve.ParsePrefix(text)
	if err != nil {
		return []lint.Names{{Prefix: resolve.PrefixOf(prefix)}}
	}
	return []lint.Names{{Prefix: p, Exact: exact}}
}

// text is a key's value as it is written, or "" if there is none.
func (d *Decoder) text(key string) string {
	if m := d.member(key); m != nil && m.value.shape == scalar {
		return m.value.text
	}
	return ""
}
