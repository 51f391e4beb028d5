package config

import (
	"slices"
	"strconv"
	"strings"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/lint"
)

// Lint looks at the dtab of each router, and returns what is wrong with it though it
// can be read and is used as it stands, as Linkerd would use it; see [lint.Dtab]. Dtabs that are for
// another interpreter than the default one are not looked at: they are only a
// part of what it goes by.
func (f *File) Lint() []Finding {
	var all []Finding
	for _, r := range f.routers {
		if r.interpreter.kind == defaultInterpreterKind {
			all = append(all, f.lint(r)...)
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
		return nil // Load reads it as well, and has said so
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

// placesOf is where in the file all that is that findings speak of.
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

// lintConfig is what the file says beside the dtab about names.
func (f *File) lintConfig(r routerSection) lint.Config {
	c := lint.Config{Utilities: map[string]func(resolve.Path) lint.Answers{}, Nearest: nearestName}
	for _, n := range f.namers {
		c.Namers = append(c.Namers, lint.Namer{Prefix: n.prefix, Answers: n.answers})
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

// nearestName is nearest, but for the namers of Linkerd, which are not misspelt
// though they are not there.
func nearestName(word string, words []string) string {
	if kind, ok := strings.CutPrefix(word, "/#/"); ok && slices.Contains(linkerdKinds(namers), kind) {
		return ""
	}
	return nearest(word, words)
}

// utilityAnswers says what Linkerd's utilities may answer for names that begin
// with rest: resolve/inet, resolve/status, resolve/rewrite.
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

// alwaysWith is of a utility that is never Neg if so many labels follow it, and
// they are right.
func alwaysWith(labels int, right func(rest resolve.Path) bool) func(rest resolve.Path) lint.Answers {
	return func(rest resolve.Path) lint.Answers {
		if rest.Len() >= labels && right(rest) {
			return lint.AlwaysBound
		}
		return lint.NoOtherName
	}
}

// requests are the names that an identifier gives, as far as its kind and its
// keys tell.
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
		const most = 100 // that are told apart
		return under(prefix, segments <= most, slices.Repeat([]string{"*"}, min(segments, most))...)
	case "io.l5d.static":
		if name, err := resolve.ParsePath(i.keys.text("path")); err == nil {
			return []lint.Names{{Prefix: resolve.PrefixOf(prefix.Append(name)), Exact: true}}
		}
	}
	return under(prefix, false)
}

// under are names below prefix, one element each.
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

// text is a key's value as it is written, "" if there is none.
func (d *Decoder) text(key string) string {
	if m := d.member(key); m != nil && m.value.shape == scalar {
		return m.value.text
	}
	return ""
}
