package dashboard

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/meshhop/meshhop/resolve"
)

// maxState bounds the state of a namer on the page, in bytes; its own page has all.
const maxState = 32 << 10

// namerState is what a namer says of itself.
type namerState struct {
	Prefix, Kind, Href, State, Problem string
}

// boundName is a name that a namer has.
type boundName struct{ namer, name string }

// names is /names: the namers, what they know, and the names that they have.
func (d *Dashboard) names(_ context.Context, _ *snapshot, where at) (*page, *problem) {
	p := &page{Title: "Names", Here: "/names", Extra: "names"}
	var states []namerState
	var names []boundName
	for _, m := range d.config.Namers {
		one := namerState{Prefix: m.Prefix.String(), Kind: kindOf(m.Namer)}
		if namer, ok := m.Namer.(interface {
			Names() ([]resolve.Path, error)
		}); ok {
			all, err := namer.Names()
			if err != nil {
				one.Problem = cut(err.Error(), maxText)
			}
			for _, name := range all {
				names = append(names, boundName{one.Prefix, m.Prefix.Append(name).String()})
			}
		}
		if namer, ok := m.Namer.(interface{ State() any }); ok {
			one.State = indented(namer.State())
			one.Href = (&url.URL{Path: strings.TrimPrefix(d.statePath(m.Prefix), "/")}).String()
		}
		states = append(states, one)
	}
	p.Body = states
	t := tableOf("names", "Bound names", names, func(n boundName) string { return n.name }, []column[boundName]{
		{
			name: "name", title: "Name", still: true, value: func(n boundName) any { return n.name },
			show: func(n boundName) cell { return cell{Text: n.name, Href: linkTo("delegator", "path", n.name)} },
		},
		{name: "namer", title: "Namer", still: true, value: func(n boundName) any { return n.namer }},
	}, "name", where.URL)
	t.Empty = "No namer knows which names it has."
	p.Tables = []*table{t}
	return p, nil
}

func (d *Dashboard) statePath(prefix resolve.Path) string {
	if prefix.Len() > 1 {
		prefix = prefix.Drop(1)
	}
	return "/namer_state/" + strings.TrimPrefix(prefix.String(), "/") + ".json"
}

// kindOf is the type of a part, or what it calls itself.
func kindOf(part any) string {
	if s, ok := part.(fmt.Stringer); ok {
		return cut(s.String(), maxText)
	}
	return strings.TrimPrefix(fmt.Sprintf("%T", part), "*")
}

// indented is a value as JSON that people can read.
func indented(v any) string {
	body, err := json.Marshal(v)
	if err != nil {
		return cut(err.Error(), maxText)
	}
	return cut(pretty(body), maxState)
}

func pretty(body []byte) string {
	var b bytes.Buffer
	if err := json.Indent(&b, body, "", "  "); err != nil {
		return string(body)
	}
	return b.String()
}
