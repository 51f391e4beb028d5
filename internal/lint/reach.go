package lint

import (
	"slices"
	"strings"
)

// reach looks for entries that no name of a request leads to.
func (l *linter) reach() {
	if len(l.config.Requests) == 0 || len(l.dtab) == 0 || l.rules.exhausted() {
		return
	}
	r := reaching{linter: l, entries: make([]bool, len(l.dtab)), seen: make(map[*meaning]bool)}
	var requests []string
	for _, names := range l.config.Requests {
		r.request(names)
		requests = append(requests, names.String())
	}
	if r.all || l.rules.exhausted() {
		return
	}
	named := strings.Join(requests, " or ")
	if !r.any {
		l.find(Finding{
			Kind: kindNoRoute, Pos: l.entryAt(0),
			Problem: "no entry matches the name of any request, which is " + named,
			Advice:  "write an entry for it",
		})
		return
	}
	for _, i := range r.unreached() {
		head := l.head(i)
		if l.meant[head] || l.unused[i] {
			continue // the name that should lead here is told to be wrong, or the entry
		}
		f := Finding{Kind: kindUnreachable, Pos: l.entryAt(i)}
		if r.own(head) {
			f.Problem = "no request has a name that " + shown(l.dtab[i].Prefix.String()) + " matches: it is " + named
			f.Advice = "write it as the identifier makes names, or change the identifier"
		} else {
			f.Problem = "nothing but a request's own dtab can lead to " + shown(l.dtab[i].Prefix.String())
			f.Advice = l.instead(head, l.reached(r.entries), "have an entry lead there, or delete this one")
		}
		l.find(f)
	}
}

// own says whether requests themselves have names that begin so.
func (r *reaching) own(head string) bool {
	return slices.ContainsFunc(r.config.Requests, func(names Names) bool {
		elems := elements(names.Prefix.String())
		return len(elems) > 0 && "/"+elems[0] == head
	})
}

// head is what an entry's prefix begins with.
func (l *linter) head(entry int) string {
	if e := l.rules.elems[entry]; len(e) > 0 {
		return "/" + e[0]
	}
	return "/"
}

// reached are the heads of the entries that are.
func (l *linter) reached(entries []bool) []string {
	var all []string
	for i, ok := range entries {
		if ok {
			all = append(all, l.head(i))
		}
	}
	return all
}

// reaching follows all names that requests have.
type reaching struct {
	*linter
	entries []bool // that match one
	seen    map[*meaning]bool
	any     bool // an entry or a namer matches a request's own name
	all     bool // a namer is asked that may answer with any name
}

// request follows names that requests have.
func (r *reaching) request(names Names) {
	request := elements(names.Prefix.String())
	for i, prefix := range r.rules.elems {
		if !meet(prefix, request, names.Exact) {
			continue
		}
		r.any = true
		rest := literal(names.Prefix, len(prefix))
		t := r.rules.tree(r.dtab[i].Dst, rest)
		r.rules.settle()
		r.entries[i] = true
		for to := range t.Leaves() {
			r.follow(to.meaning)
		}
	}
	for _, n := range r.config.Namers {
		if meet(elements(n.Prefix.String()), request, names.Exact) {
			r.any = true
			r.all = r.all || n.Answers.renames()
		}
	}
}

// meet says whether a prefix matches some of the names that begin with
// request, or are exactly that.
func meet(prefix, request []string, exact bool) bool {
	if exact && len(prefix) > len(request) {
		return false
	}
	for i := range min(len(prefix), len(request)) {
		if prefix[i] != "*" && request[i] != "*" && prefix[i] != request[i] {
			return false
		}
	}
	return true
}

func (r *reaching) follow(x *meaning) {
	todo := []*meaning{x}
	for len(todo) > 0 {
		x := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if r.seen[x] {
			continue
		}
		r.seen[x] = true
		r.all = r.all || r.rules.asked(x.path)&mayLoop != 0
		for _, rule := range x.rules {
			r.entries[rule.entry] = true
			for to := range rule.dst.Leaves() {
				todo = append(todo, to.meaning)
			}
		}
	}
}

// unreached gives the entries that nothing leads to, not even one of them.
func (r *reaching) unreached() []int {
	others := reaching{linter: r.linter, entries: make([]bool, len(r.entries)), seen: r.seen}
	for i, ok := range r.entries {
		if !ok {
			for to := range r.trees[i].Leaves() {
				others.follow(to.meaning)
			}
		}
	}
	var all []int
	for i := range r.entries {
		if !r.entries[i] && !others.entries[i] {
			all = append(all, i)
		}
	}
	return all
}
