package explain

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/meshhop/meshhop/internal/hophandler"
	"github.com/meshhop/meshhop/internal/routerview"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// describer puts an explanation of the router in the form of a report.
type describer struct {
	handler *hophandler.Handler
	in      *http.Request
	now     time.Time
	live    bool
	entries map[*resolve.Dentry]*Entry
	open    map[string]bool // names that are being described
}

func (d *describer) fill(report *Report, e *routerview.Explanation) {
	d.dtab(report, e)
	for _, one := range e.Identified {
		report.Identified = append(report.Identified, identified(one))
	}
	if report.Request != nil && e.Target != "" && e.Target != report.Request.Target {
		report.Request.SentAs = e.Target
	}
	if !e.Dst.IsEmpty() || e.Delegation != nil {
		report.Name = e.Dst.String()
	}
	if e.Delegation != nil {
		report.Lookup = d.whole(e.Delegation)
		for _, left := range e.Delegation.LeftOut {
			report.LeftOut = append(report.LeftOut, LeftOut{*d.entry(left.Entry), left.ID.String()})
		}
	}
	switch {
	case e.Incomplete != nil:
		report.Incomplete = incomplete(e.Incomplete)
	case e.Delegation == nil && report.Name != "":
		report.Incomplete = "the router's interpreter does not tell how it looks names up"
	}
	report.Cached = e.Cached
	refused := e.Err
	for _, t := range e.Targets {
		report.Targets = append(report.Targets, d.target(t))
		if t.Err == nil {
			report.Sent += t.Share
		} else if refused == nil {
			refused = t.Err
		}
	}
	report.Sent = rounded(report.Sent)
	if refused != nil {
		report.Refusal = d.refusal(refused)
	}
	report.Why = why(report)
}

// dtab lists what the name is looked up in.
func (d *describer) dtab(report *Report, e *routerview.Explanation) {
	add := func(rule *resolve.Dentry, from string, number int, place string) {
		entry := Entry{Text: ruleText(rule), From: from, Number: number, Place: place}
		report.Dtab = append(report.Dtab, entry)
		d.entries[rule] = &entry
	}
	if e.Delegation != nil {
		for i := range e.Delegation.Base {
			add(&e.Delegation.Base[i], FromInterpreter, i+1, "")
		}
	}
	for i := range e.Dtab {
		switch rule := &e.Dtab[i]; {
		case i >= e.Base:
			add(rule, FromRequest, i+1-e.Base, "")
		case i < len(e.Places):
			add(rule, FromBase, i+1, e.Places[i])
		default:
			add(rule, FromBase, i+1, "")
		}
	}
}

// incomplete is why a look-up does not tell everything.
func incomplete(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "not every namer answered in time"
	}
	return err.Error()
}

func identified(one routerview.Identification) Identified {
	out := Identified{Identifier: one.Identifier}
	if one.Err == nil {
		out.Name = one.Name.String()
		return out
	}
	declined := (*router.UnidentifiedError)(nil)
	out.Reason, out.Declined = one.Err.Error(), errors.As(one.Err, &declined)
	return out
}

func (d *describer) target(t routerview.Target) Target {
	out := Target{Share: rounded(t.Share)}
	if !t.Bound.IsEmpty() {
		out.Replicas = d.set(t.Bound, t.Residual, t.Replicas)
		spread(out.Replicas.Addresses, t.Share)
	}
	if t.Client != nil {
		out.Client = &Client{
			Requests: t.Client.Requests, Success: t.Client.Success, Failures: t.Client.Failures, Pending: t.Client.Pending,
		}
	}
	if t.Err != nil {
		out.Refusal = d.refusal(t.Err)
		out.Refusal.Message, _, _ = strings.Cut(out.Refusal.Message, "\n")
	}
	return out
}

// spread gives each address its part of a share, by weight as balance.Weighted
// does: an address without a weight gets something only if none has one.
func spread(addresses []Address, share float64) {
	total := 0.0
	for _, a := range addresses {
		total += max(a.Weight, 0)
	}
	for i := range addresses {
		a := &addresses[i]
		part := rounded(share / float64(len(addresses)))
		if total > 0 {
			part = rounded(share * max(a.Weight, 0) / total)
		}
		a.Share = &part
	}
}

func (d *describer) refusal(err error) *Refusal {
	out := &Refusal{Hidden: d.handler.ClearsContext()}
	out.Status, out.Message = d.handler.Refusal(d.in, err)
	if late := interface{ After() time.Duration }(nil); errors.As(err, &late) {
		out.AfterMs = late.After().Milliseconds()
	}
	return out
}

func (d *describer) replicas(b *resolve.Bound) *Replicas {
	return d.set(b.ID, b.Residual, b.Addr.Sample())
}

func (d *describer) set(id, residual resolve.Path, s resolve.State[resolve.Replicas]) *Replicas {
	out := &Replicas{ID: id.String()}
	if !residual.IsEmpty() {
		out.Residual = residual.String()
	}
	switch {
	case s.Status == resolve.Pending:
		out.State = StatePending
	case s.Status == resolve.Failed:
		out.State, out.Error = StateFailed, s.Err.Error()
	case s.Value.Neg:
		out.State = StateNeg
	default:
		out.State = StateOK
		for _, a := range s.Value.Addresses {
			one := Address{Address: a.String(), Status: a.Status, Weight: a.Weight, Authority: a.Authority}
			if a.Host != a.AddrPort.Addr().String() {
				one.Host = a.Host
			}
			out.Addresses = append(out.Addresses, one)
		}
	}
	out.AgeMs, out.Unresolved = d.age(s.Since), s.Value.Unresolved
	return out
}

// age is in milliseconds; nil if the beginning is not known, or is that of this
// very look-up.
func (d *describer) age(since time.Time) *int64 {
	if since.IsZero() || !d.live {
		return nil
	}
	ms := max(d.now.Sub(since), 0).Milliseconds()
	return &ms
}

// rounded takes the noise off a share.
func rounded(share float64) float64 { return math.Round(share*1e9) / 1e9 }

// ruleText is an entry of a dtab as people write it.
func ruleText(e *resolve.Dentry) string { return e.Prefix.String() + " => " + resolve.ShowTree(e.Dst) }
