package config

import (
	"strings"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// readOverrides reads overrides, what the dtabs of requests may do: true, false or a group
// of keys. The rules are nil for the first two.
func readOverrides(of *Decoder) (rules *router.Overrides, ignored bool) {
	const key = "overrides"
	n := of.take(key)
	switch {
	case n == nil:
		return nil, false
	case n.shape == mapping:
	case n.shape == scalar:
		return nil, !of.Bool(key, true)
	default:
		of.Errorf(key, "must be true, false, or a group of keys with allow or deny, not %s", n.describe())
		return nil, false
	}
	d, _ := of.Group(key)
	rules = &router.Overrides{Allow: readIDs(d, "allow"), Deny: readIDs(d, "deny")}
	if !d.Has("allow") && !d.Has("deny") {
		d.Errorf("", "needs allow or deny; write true for no rules, or false to ignore the dtabs of requests")
	}
	switch denied := d.Text("onDenied", "drop"); denied {
	case "drop":
	case "refuse":
		rules.Refuse = true
	default:
		d.Errorf("onDenied", "must be drop or refuse, not %s", quoted(denied))
	}
	d.Done()
	return rules, false
}

// readIDs reads a list of beginnings of ids.
func readIDs(d *Decoder, key string) (all []resolve.Prefix) {
	n := d.take(key)
	if n == nil {
		return nil
	}
	if n.shape == list && len(n.items) == 0 {
		d.Errorf(key, "needs at least one entry, such as /#")
	}
	texts := d.Texts(key)
	if n.shape != list || len(texts) != len(n.items) {
		return nil // it is in the report
	}
	for i, text := range texts {
		at := d.position(n.items[i])
		prefix, err := resolve.ParsePrefix(text)
		if err != nil {
			d.fail(at, key, quoted(text)+" is not the beginning of a name: "+err.Error())
			continue
		}
		switch first, _, _ := strings.Cut(prefix.String()[1:], "/"); first {
		case "", "*", "#", "$":
			all = append(all, prefix)
		default:
			d.fail(at, key, quoted(text)+" is not the beginning of an id: ids begin with /#/ (a namer) or /$/ (inet and others); what transformers put before them does not count")
		}
	}
	return all
}
