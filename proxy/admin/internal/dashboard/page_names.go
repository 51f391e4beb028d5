package dashboard

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/meshhop/meshhop/internal/routerview"
	"github.com/meshhop/meshhop/resolve"
)

const (
	// maxState bounds the state of a namer on the page, in bytes; its own page has all.
	maxState = 256 << 10
	// maxNames bounds the names of a page, those of all namers together.
	maxNames = 100_000
)

// A Finding is something in the configuration that is surely not meant as it is written.
type Finding struct {
	Where      string // where it stands: "linkerd.yaml:5:11"
	Kind, Text string
	Error      bool // requests must fail; else something has no effect
}

// namerRow is a namer, and what its names that are in use say of it.
type namerRow struct {
	prefix, kind, state string
	names, used         int
	problem             string // why it does not know its names
	told, failed        time.Time
	failure             string
}

// boundName is a name that a namer has, or that a replica set in use has.
type boundName struct {
	name, namer, router string
	set                 routerview.SetTally // of one that is in use
}

// names is /names: what is wrong with the rules, the namers, and the names that they have:
// where each leads, since when, and what its namer said last.
func (d *Dashboard) names(_ context.Context, s *snapshot, where at) (*page, *problem) {
	p := &page{Title: "Names", Here: "/names"}
	if prefix := where.get("state"); prefix != "" {
		return d.namerState(p, prefix)
	}
	namers, names := d.known()
	names = d.used(s, namers, names)
	if d.config.Findings != nil {
		p.Tables = append(p.Tables, findingTable(d.config.Findings(), where))
	}
	p.Tables = append(p.Tables, namerTable(namers, where), nameTable(names, where))
	return p, nil
}

// known are the namers, and the names that they know.
func (d *Dashboard) known() (namers []*namerRow, names []*boundName) {
	for _, m := range d.config.Namers {
		one := &namerRow{prefix: m.Prefix.String(), kind: kindOf(m.Namer)}
		if namer, ok := m.Namer.(interface {
			Names() ([]resolve.Path, error)
		}); ok {
			all, err := namer.Names()
			if err != nil {
				one.problem = cut(err.Error(), maxText)
			}
			one.names = len(all)
			for _, name := range all[:min(len(all), maxNames-len(names))] {
				names = append(names, &boundName{name: m.Prefix.Append(name).String(), namer: one.prefix})
			}
		}
		if _, ok := m.Namer.(interface{ State() any }); ok {
			one.state = linkTo("names", "state", one.prefix)
		}
		namers = append(namers, one)
	}
	return namers, names
}

// used adds what the routers know of the replica sets in use.
func (d *Dashboard) used(s *snapshot, namers []*namerRow, names []*boundName) []*boundName {
	places := make(map[string]*boundName, len(names))
	for _, one := range names {
		places[one.name] = one
	}
	for _, r := range s.routers {
		r.router.View().Tallies(func(routerview.Tally) {}, func(t routerview.Tally) {
			id := t.Name.String()
			_, name, ok := clientName(id) // without what transformers put before it
			if !ok {
				name = id
			}
			one := places[name]
			if one == nil || one.router != "" {
				if len(names) >= maxNames {
					return
				}
				one = &boundName{name: name, namer: "–"}
				names = append(names, one)
			}
			one.router, one.set = r.name, t.Set()
			for _, namer := range namers {
				if name == namer.prefix || strings.HasPrefix(name, namer.prefix+"/") {
					one.namer = namer.prefix
					namer.took(one.set)
				}
			}
		})
	}
	return names
}

func (n *namerRow) took(set routerview.SetTally) {
	n.used++
	if set.Told.After(n.told) {
		n.told = set.Told
	}
	if set.Err != nil && set.Erred.After(n.failed) {
		n.failed, n.failure = set.Erred, set.Err.Error()
	}
}

// sinceThen is an age to sort by; negative: none.
func sinceThen(at time.Time) time.Duration {
	if at.IsZero() {
		return -1
	}
	return max(time.Since(at), 0)
}

func findingTable(all []Finding, where at) *table {
	t := tableOf("findings", "Findings in the dtabs", all, func(f Finding) string { return f.Where + " " + f.Text }, []column[Finding]{
		{name: "where", title: "Where", still: true, value: func(f Finding) any { return f.Where }},
		{name: "severity", title: "Means", still: true, value: func(f Finding) any {
			if f.Error {
				return "error"
			}
			return "warning"
		}, show: func(f Finding) cell {
			if f.Error {
				return cell{Text: "error: requests fail", Class: rateBad}
			}
			return cell{Text: "warning", Class: ratePoor}
		}},
		{name: "text", title: "What", still: true, value: func(f Finding) any { return f.Text }},
		{name: "kind", title: "Kind", still: true, value: func(f Finding) any { return f.Kind }},
	}, "", where.URL)
	t.Empty = "None: what meshhop check knows to be wrong is not there."
	return t
}

func namerTable(all []*namerRow, where at) *table {
	t := tableOf("namers", "Namers", all, func(n *namerRow) string { return n.prefix + " " + n.kind }, []column[*namerRow]{
		{name: "prefix", title: "Prefix", still: true, value: func(n *namerRow) any { return n.prefix }, show: func(n *namerRow) cell { return cell{Text: n.prefix, Href: n.state} }},
		{name: "kind", title: "Kind", still: true, value: func(n *namerRow) any { return n.kind }},
		{name: "names", title: "Names", value: func(n *namerRow) any { return uint64(n.names) }},
		{name: "used", title: "In use", value: func(n *namerRow) any { return uint64(n.used) }},
		{name: "told", title: "Last change", value: func(n *namerRow) any { return sinceThen(n.told) }, show: func(n *namerRow) cell { return cell{Text: ago(n.told)} }},
		{name: "error", title: "Last error", value: func(n *namerRow) any { return n.problem + n.failure }, show: func(n *namerRow) cell {
			if n.problem != "" {
				return cell{Text: n.problem, Class: rateBad}
			}
			return showError(n.failure, n.failed)
		}},
	}, "", where.URL)
	t.Empty = "There is no namer."
	t.More = "The prefix leads to all that a namer knows. Changes and errors are those of the names in use."
	return t
}

func nameTable(all []*boundName, where at) *table {
	t := tableOf("names", "Bound names", all, func(n *boundName) string { return n.name + " " + n.router }, []column[*boundName]{
		{
			name: "name", title: "Name", still: true, value: func(n *boundName) any { return n.name },
			show: func(n *boundName) cell { return cell{Text: n.name, Href: linkTo("delegator", "path", n.name)} },
		},
		{name: "endpoints", title: "Alive", value: func(n *boundName) any {
			if n.router == "" {
				return -1.0
			}
			return float64(n.set.Available)
		}, show: func(n *boundName) cell {
			if n.router == "" {
				return cell{Text: "–"}
			}
			one := cell{Text: strconv.Itoa(n.set.Available) + " / " + strconv.Itoa(n.set.Size)}
			if n.set.Available == 0 {
				one.Class = rateBad
			}
			return one
		}},
		{name: "told", title: "Addresses given", value: func(n *boundName) any { return sinceThen(n.set.Told) }, show: func(n *boundName) cell { return cell{Text: ago(n.set.Told)} }},
		{name: "error", title: "Last error", value: func(n *boundName) any {
			if n.set.Err == nil {
				return ""
			}
			return n.set.Err.Error()
		}, show: func(n *boundName) cell {
			if n.set.Err == nil {
				return cell{Text: "–"}
			}
			return showError(n.set.Err.Error(), n.set.Erred)
		}},
		{name: "router", title: "In use by", still: true, value: func(n *boundName) any { return n.router }},
		{name: "namer", title: "Namer", still: true, value: func(n *boundName) any { return n.namer }},
	}, "name", where.URL)
	t.Empty = "No namer knows which names it has, and none is in use."
	return t
}

// namerState is all that a namer says of itself.
func (d *Dashboard) namerState(p *page, prefix string) (*page, *problem) {
	for _, m := range d.config.Namers {
		namer, ok := m.Namer.(interface{ State() any })
		if !ok || m.Prefix.String() != prefix {
			continue
		}
		p.Title, p.Extra = "What "+prefix+" knows", "names"
		p.Crumbs = []crumb{{"Names", linkTo("names"), false}}
		p.Body = struct{ State, Href string }{indented(namer.State()), (&url.URL{Path: strings.TrimPrefix(d.statePath(m.Prefix), "/")}).String()}
		return p, nil
	}
	return nil, &problem{http.StatusNotFound, "There is no namer " + cut(prefix, maxText) + " that has a state."}
}

func (d *Dashboard) statePath(prefix resolve.Path) string {
	if prefix.Len() > 1 {
		prefix = prefix.Drop(1)
	}
	return "/namer_state/" + strings.TrimPrefix(prefix.String(), "/") + ".json"
}

// kindOf is what a part calls itself, or the package that it is of.
func kindOf(part any) string {
	if s, ok := part.(fmt.Stringer); ok {
		return cut(s.String(), maxText)
	}
	kind, _, _ := strings.Cut(strings.TrimPrefix(fmt.Sprintf("%T", part), "*"), ".")
	return kind
}

// indented is a value as JSON that people can read.
func indented(v any) string {
	body, err := json.Marshal(v)
	if err != nil {
		return cut(err.Error(), maxText)
	}
	var b bytes.Buffer
	if err := json.Indent(&b, body, "", "  "); err != nil {
		return cut(string(body), maxState)
	}
	return cut(b.String(), maxState)
}
