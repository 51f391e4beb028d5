package config

import (
	"github.com/meshhop/meshhop/internal/pathmatch"
	"github.com/meshhop/meshhop/resolve"
)

// rule is a service or client block for the names that its prefix matches.
type rule[T any] struct {
	prefix *pathmatch.Matcher // nil: all names
	keys   T
}

// readRules reads a block of either kind: keys for all names, or a list of keys for some
// names each. All entries that match a name apply; if two have the same key, the later one
// does.
func readRules[T any](of *Decoder, key string, read func(*Decoder) T) []rule[T] {
	d, ok := of.Group(key)
	if !ok {
		return nil
	}
	switch kind := d.Text("kind", "io.l5d.global"); kind {
	case "io.l5d.global":
		all := []rule[T]{{keys: read(d)}}
		d.Done()
		return all
	case "io.l5d.static":
		var all []rule[T]
		d.Need("configs")
		for _, one := range d.Groups("configs") {
			one.Need("prefix")
			all = append(all, rule[T]{one.pathMatcher("prefix"), read(one)})
			one.Done()
		}
		d.Done()
		return all
	default:
		e := &Error{Position: d.valuePosition("kind"), Path: d.pathOf("kind"), Reason: "unknown kind " + quoted(kind)}
		if e.Nearest = nearest(kind, []string{"io.l5d.global", "io.l5d.static"}); e.Nearest == "" {
			e.Reason += "; available: io.l5d.global, io.l5d.static"
		}
		d.doc.report.error(e)
		return nil
	}
}

// setting changes a policy as one block of keys asks.
type setting[P any] struct {
	prefix *pathmatch.Matcher
	set    []func(*P)
	vary   []func(*P, map[string]string) // with what the prefix captured
}

// policyOf returns the policy of each name.
func policyOf[P any](settings []setting[P]) func(resolve.Path) P {
	return func(name resolve.Path) P {
		var p P
		for _, s := range settings {
			var vars map[string]string
			if s.prefix != nil {
				var ok bool
				if vars, ok = s.prefix.Match(name); !ok {
					continue
				}
			}
			for _, set := range s.set {
				set(&p)
			}
			for _, vary := range s.vary {
				vary(&p, vars)
			}
		}
		return p
	}
}
