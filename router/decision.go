package router

import (
	"context"
	"fmt"
	"strings"

	"github.com/meshhop/meshhop/internal/brief"
	"github.com/meshhop/meshhop/internal/hopspan"
)

// maxDecision bounds the text of a decision, in bytes.
const maxDecision = 1000

// decided says in the server span, if it records, and to a proxy that wants to know, who
// routed the request where and why.
func (x *exchange) decided(leaf *route, to *client) {
	span := x.recordingSpan()
	if span == nil && !x.local.WantsRoute {
		return
	}
	text := leaf.decision.Load()
	if text == nil {
		made := x.decision(leaf, to)
		leaf.decision.Store(&made)
		text = &made
	}
	if x.local.WantsRoute {
		x.local.Route = *text
	}
	if span != nil {
		hopspan.Route(span, *text)
	}
}

// decision is made once for each meaning of a name, out of what is known by then: the
// names on the way to the replica set, each with the entry of a dtab or the transformer
// that led to it, and the balancer of the set. A namer that is asked for the first time,
// for an alternate behind the one that counts, is not waited for.
func (x *exchange) decision(leaf *route, to *client) string {
	ctx, cancel := context.WithCancel(brief.With(context.Background(), trailSteps))
	cancel()
	var b strings.Builder
	if d, _ := x.router.delegate(ctx, x.service.name, x.router.config.Dtab, x.binding.local, x.binding.dst.overrides); d != nil {
		for i, step := range d.Trail(leaf.set.ID) {
			if i > 0 {
				b.WriteString(" > ")
			}
			b.WriteString(step.Path.String())
			if step.By != "" {
				b.WriteString(" (" + step.By + ")")
			}
		}
	}
	if b.Len() == 0 {
		b.WriteString(x.service.name.String() + " > " + leaf.bound)
	}
	end := "; " + fmt.Sprint(to.policy.Balancer)
	text := b.String()
	return text[:min(len(text), max(maxDecision-len(end), 0))] + end
}
