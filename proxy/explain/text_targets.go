package explain

import (
	"fmt"
	"strconv"
	"strings"
)

// maxAddresses is how many addresses of a set are written.
const maxAddresses = 10

// replicas writes a set in one line.
func (p *page) replicas(r *Replicas, column int) {
	text := r.reason()
	if text == "" {
		text = fmt.Sprintf("%s: %s%s", r.ID, count(len(r.Addresses), "address", "addresses"), since(r.AgeMs))
	}
	p.line(column, text)
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
	if r.Cached {
		title += " (the router has this name in its cache)"
	} else if r.Live {
		title += " (the router does not have this name in its cache)"
	}
	p.line(0, title)
	for _, t := range r.Targets {
		t.write(p)
	}
}

func (t Target) write(p *page) {
	head := column(percent(t.Share))
	if t.Replicas == nil {
		p.note(2, head+"nowhere", t.Refusal.text())
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
		p.line(2+len(head), t.Replicas.reason())
	}
	for i, a := range t.Replicas.Addresses {
		if i == maxAddresses && len(t.Replicas.Addresses) > maxAddresses+1 {
			p.line(2+len(head), fmt.Sprintf("and %d more", len(t.Replicas.Addresses)-i))
			break
		}
		a.write(p, 2+len(head))
	}
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
