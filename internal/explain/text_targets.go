package explain

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
)

// maxAddresses is how many addresses of a set are written.
const maxAddresses = 10

// text is the set in one line.
func (r *Replicas) text() string {
	if why := r.reason(); why != "" {
		return why
	}
	return r.ID + ": " + count(len(r.Addresses), "address", "addresses") + r.unresolved() + since(r.AgeMs)
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// destinations writes where requests go.
func (r *Report) destinations(p *page) {
	if len(r.Targets) == 0 {
		return
	}
	p.blank()
	title := "requests go to"
	switch {
	case r.Cached && r.outdated():
		title += " (from the router's cache, which differs from what a look-up finds now)"
	case r.Cached:
		title += " (the router has this name in its cache)"
	case r.Live:
		title += " (the router does not have this name in its cache)"
	}
	p.line(0, title)
	for _, t := range r.Targets {
		t.write(p)
	}
}

// outdated says whether the cache has other replica sets than the look-up.
func (r *Report) outdated() bool {
	if r.Lookup == nil || r.Incomplete != "" {
		return false
	}
	found, cached := map[string]bool{}, map[string]bool{}
	for id := range r.Lookup.sets() {
		found[id] = true
	}
	for _, t := range r.Targets {
		if t.Replicas != nil {
			cached[t.Replicas.ID] = true
		}
	}
	return !maps.Equal(found, cached)
}

func (t Target) write(p *page) {
	head := column(percent(t.Share))
	if t.Replicas == nil {
		p.note(2, head+"nowhere", t.Refusal.line())
		return
	}
	var remarks []string
	if t.Replicas.Residual != "" {
		remarks = append(remarks, "residual "+t.Replicas.Residual)
	}
	if c := t.Client; c != nil {
		remarks = append(remarks, fmt.Sprintf("%s so far, %d in flight", count(int(c.Requests), "request", "requests"), c.Pending))
	}
	p.note(2, head+t.Replicas.ID, strings.Join(remarks, ", "))
	if t.Refusal != nil {
		p.line(2+len(head), t.reason())
	}
	for i, a := range t.Replicas.Addresses {
		if i == maxAddresses && len(t.Replicas.Addresses) > maxAddresses+1 {
			p.line(2+len(head), fmt.Sprintf("and %d more", len(t.Replicas.Addresses)-i))
			break
		}
		a.write(p, 2+len(head))
	}
}

// reason is why a share that has a set of replicas is not sent.
func (t Target) reason() string {
	if why := t.Replicas.reason(); why != "" {
		return why
	}
	return t.Refusal.line() // the set is well, and the request may not have it
}

func (a Address) write(p *page, at int) {
	var remarks []string
	if a.Host != "" {
		remarks = append(remarks, a.Host)
	}
	if a.Weight != 1 {
		remarks = append(remarks, "weight "+strconv.FormatFloat(a.Weight, 'f', -1, 64))
	}
	if a.Authority != "" {
		remarks = append(remarks, "Host: "+a.Authority)
	}
	p.note(at, column(percent(*a.Share))+a.Address, strings.Join(remarks, ", "))
}

// column is a share with room up to what it belongs to.
func column(share string) string { return fmt.Sprintf("%7s  ", share) }
