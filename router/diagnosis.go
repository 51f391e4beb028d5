package router

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/meshhop/meshhop/internal/brief"
	"github.com/meshhop/meshhop/resolve"
)

// diagnosis is where a hop sent a request, and why there.
type diagnosis struct {
	router, service, client string
	residual                string
	addresses               []string
	left                    int // addresses that found no room
	selected                string
	dtab                    string // the request's own
	trail                   []resolve.Step
	took                    time.Duration
}

const (
	// contextType is the type of responses that hold the context as JSON. A hop adds its
	// own to that of the hops behind it.
	contextType = "application/json; l5d-context=1"

	// maxDiagnosed is how many addresses are shown.
	maxDiagnosed = 100
	// trailSteps and trailTimeout bound the look-up that shows how the name was bound,
	// because strangers can ask for it.
	trailSteps   = 1000
	trailTimeout = 100 * time.Millisecond
)

// context is what this hop has to tell of an attempt. The look-up as Linkerd shows it is
// that of the router's dtab alone; whole has that of the request, too.
func (s *diagnose) context(x *exchange, whole bool) *diagnosis {
	r, name := x.router, x.service.name
	c := &diagnosis{
		router:   r.config.Label,
		service:  name.String(),
		client:   s.client.id.String(),
		selected: x.attempt.endpoint.Address().String(),
	}
	for i, address := range x.set.addresses {
		if i == maxDiagnosed {
			c.left = len(x.set.addresses) - i
			break
		}
		c.addresses = append(c.addresses, address.String())
	}
	ctx, cancel := context.WithTimeout(brief.With(x.ctx, trailSteps), trailTimeout)
	defer cancel()
	var local resolve.Dtab
	if whole {
		local, c.dtab = x.local.Dtab, x.local.DtabText
		if residual := x.leaf.residual; !residual.IsEmpty() {
			c.residual = residual.String()
		}
	}
	if d, _ := r.delegate(ctx, name, r.config.Dtab, local, overridesOf(x.local)); d != nil {
		c.trail = d.Trail(s.client.id)
	}
	return c
}

// text is Linkerd's form (RouterContextFormatter.scala).
func (c *diagnosis) text() string {
	var b strings.Builder
	b.WriteString("--- Router: " + c.router + " ---\n")
	b.WriteString("request duration: " + strconv.FormatInt(c.took.Milliseconds(), 10) + " ms\n")
	b.WriteString("service name: " + c.service + "\n")
	b.WriteString("client name: " + c.client + "\n")
	b.WriteString("addresses: [" + strings.Join(c.addresses, ", "))
	if c.left > 0 {
		b.WriteString(", and " + strconv.Itoa(c.left) + " more")
	}
	b.WriteString("]\nselected address: " + c.selected + "\n")
	b.WriteString("dtab resolution:\n")
	for i, step := range c.trail {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString("  " + step.Path.String())
		if step.By != "" {
			b.WriteString(" (" + step.By + ")")
		}
	}
	b.WriteByte('\n')
	return b.String()
}

// jsonContexts is a response of [contextType]: that of the endpoint, and the context of
// each hop, the last hop first.
type jsonContexts struct {
	Response json.RawMessage   `json:"response"`
	Routers  []json.RawMessage `json:"routers"`
}

type jsonResponse struct {
	Status int         `json:"status"`
	Header http.Header `json:"headers"`
	Body   string      `json:"body"`
}

type jsonContext struct {
	Router     string     `json:"router"`
	DurationMs float64    `json:"durationMs"`
	Service    string     `json:"service"`
	Client     string     `json:"client"`
	Residual   string     `json:"residual,omitempty"`
	Dtab       string     `json:"requestDtab,omitempty"`
	Addresses  []string   `json:"addresses"`
	Left       int        `json:"addressesLeftOut,omitempty"`
	Selected   string     `json:"selected"`
	Resolution []jsonStep `json:"resolution"`
}

type jsonStep struct {
	Name string `json:"name"`
	By   string `json:"by,omitempty"`
}

// json is the body of the response whose body was text. If gathered is true that is of
// the same form already, and this context goes behind those in it.
func (c *diagnosis) json(resp *http.Response, text string, gathered bool) string {
	all := jsonContexts{}
	if !gathered || json.Unmarshal([]byte(text), &all) != nil || all.Response == nil {
		all = jsonContexts{Response: encoded(jsonResponse{resp.StatusCode, resp.Header, text})}
	}
	own := jsonContext{
		Router: c.router, DurationMs: float64(c.took.Microseconds()) / 1000,
		Service: c.service, Client: c.client, Residual: c.residual, Dtab: c.dtab,
		Addresses: c.addresses, Left: c.left, Selected: c.selected, Resolution: []jsonStep{},
	}
	for _, step := range c.trail {
		own.Resolution = append(own.Resolution, jsonStep{step.Path.String(), step.By})
	}
	all.Routers = append(all.Routers, encoded(own))
	return string(encoded(all)) + "\n"
}

// encoded is v as JSON. What it is called with has no value that JSON lacks.
func encoded(v any) json.RawMessage {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return json.RawMessage("null")
	}
	return json.RawMessage(strings.TrimSuffix(b.String(), "\n"))
}

func sortedNames(h http.Header) []string { return slices.Sorted(maps.Keys(h)) }
