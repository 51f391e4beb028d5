package admin

import "github.com/meshhop/meshhop/resolve"

// maxDelegation bounds an answer of the delegator, in bytes. Each node shows
// the whole rule that led to it, and so the answer to a small request can be
// thousands of times as long.
const maxDelegation = 8 << 20

// weight estimates how long a delegation is as JSON.
type weight struct {
	total int
	rules map[*resolve.Dentry]int
}

func tooHeavy(d *resolve.Delegation) bool {
	w := weight{rules: make(map[*resolve.Dentry]int)}
	w.add(d)
	return w.total > maxDelegation
}

func (w *weight) add(d *resolve.Delegation) {
	const braces, address = 64, 64
	w.total += braces + len(d.Path.String())
	if d.Dentry != nil {
		if w.rules[d.Dentry] == 0 {
			w.rules[d.Dentry] = len(d.Dentry.Prefix.String()) + len(resolve.ShowTree(d.Dentry.Dst)) + braces
		}
		w.total += w.rules[d.Dentry]
	}
	if d.Bound != nil {
		w.total += braces + len(d.Bound.ID.String()) + len(d.Bound.Residual.String()) + address*len(d.Bound.Replicas.Value.Addresses)
	}
	for _, branch := range d.Branches {
		w.add(branch)
	}
	if d.Delegate != nil {
		w.add(d.Delegate)
	}
}
