package router

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/resolve"
)

// RoundTrip sends the request to an endpoint of the service that it names and
// returns the response. It has the contract of [http.RoundTripper]: it does not
// change r, it closes r.Body, and the caller closes the response's body. An error
// is an [*Error].
//
// The URL's scheme must be http or empty, because there is no TLS here: with any
// other scheme the request fails with [ErrUnsupportedScheme] and nothing is sent.
// User name and password of the URL become the header Authorization if there is
// none, as in [http.Client].
func (r *Router) RoundTrip(in *http.Request) (*http.Response, error) {
	r.begin()
	if err := checkScheme(in.URL); err != nil {
		closeBody(in)
		return r.done(in, nil, err)
	}
	ctx, out := in.Context(), copied(in)
	local := LocalOf(ctx)
	if local == nil {
		var err error
		if ctx, local, err = r.localFrom(ctx, out.Header); err != nil {
			closeBody(in)
			return r.done(in, nil, err)
		}
	}
	resp, err := r.roundTrip(ctx, out, local)
	return r.done(in, resp, err)
}

// Send is RoundTrip for a proxy, without copying the request: the router may change
// in and in.URL, but nothing that they refer to. local holds what the proxy has
// read of the request's headers; it belongs to the router until the response's body
// is closed. ctx replaces the request's own context.
func (r *Router) Send(ctx context.Context, in *http.Request, local *Local) (*http.Response, error) {
	r.begin()
	resp, err := r.roundTrip(ctx, in, local)
	return r.done(in, resp, err)
}

func (r *Router) begin() {
	r.stats.requests.Add(1)
	r.stats.pending.Add(1)
}

// done ends what begin began, unless there is a response: then the end of its body
// does.
func (r *Router) done(in *http.Request, resp *http.Response, err error) (*http.Response, error) {
	if err != nil {
		r.stats.pending.Add(-1)
		r.stats.failures.Add(1)
		return nil, err
	}
	resp.Request = in
	return resp, nil
}

// roundTrip is step 4 of a request's journey: it identifies the request, attempts
// it, and retries it as long as the classifier and the limits allow.
func (r *Router) roundTrip(ctx context.Context, out *http.Request, local *Local) (*http.Response, error) {
	name, err := r.identify(out)
	if err != nil {
		closeBody(out)
		r.failed(local.ServerSpan, "Identification", err)
		return nil, err
	}
	r.identified(local, name)
	if err := local.pass(name); err != nil {
		closeBody(out)
		r.failed(local.ServerSpan, "Identification", err)
		return nil, err
	}
	b, err := r.bindingOf(local.dst(name), local.Dtab)
	if err != nil {
		closeBody(out)
		r.failed(local.ServerSpan, "ClientAcquisition", err)
		return nil, err
	}
	defer b.done()
	c := call{Router: r, ctx: ctx, out: out, local: local, binding: b, service: b.service}
	c.begin()
	defer c.end()
	for {
		a, resp, err := c.try()
		class := c.service.policy.classify(out, resp, err)
		if a != nil {
			a.judged(class, resp, err)
			if class == RetryableFailure && c.mayRetry(a) {
				if resp != nil {
					discardBody(resp)
				}
				a.end(err)
				if err := c.pause(); err != nil {
					return nil, c.fail(nil, err)
				}
				continue
			}
		}
		if err != nil {
			return nil, c.fail(a, err)
		}
		c.accepted = true
		a.accept(class, resp)
		return resp, nil
	}
}

// try makes one attempt, preceded by any requeues that no replica has seen or that
// one refused unread. It goes through steps 5, 6 and 7. The attempt is nil if the
// request failed before one was made.
func (c *call) try() (*attempt, *http.Response, error) {
	leaf, to, err := c.client()
	c.tellLeftOut()
	if err != nil {
		return nil, nil, err
	}
	if !c.found {
		c.found = true
		to.shared.bucket(c.service.policy.Budget).put()
		c.bound(c.local.ServerSpan, leaf)
	}
	a, resp, err := c.send(leaf, to)
	if a == nil {
		to.done()
	}
	return a, resp, err
}

// client returns where the attempt goes. A retry goes to the client whose budget
// paid for it, unless the name has been bound to something else since.
func (c *call) client() (*route, *client, error) {
	next := c.next
	c.next = reservation{}
	if next.to != nil && next.meaning == c.binding.meaning.Load() {
		return next.leaf, next.to, nil
	}
	next.cancel()
	return c.binding.client(c.ctx, c.limit)
}

// fail ends a request that has no response.
func (c *call) fail(a *attempt, err error) error {
	if a != nil {
		a.end(err)
	}
	c.service.stats.pending.Add(-1)
	c.service.stats.failures.Add(1)
	var kind Kind
	if failed, ok := errors.AsType[*Error](err); ok {
		kind = failed.Kind
	}
	step := "ClientAcquisition"
	if c.found && !kind.isAcquisition() {
		step = "Service"
	}
	switch {
	case kind == Forbidden:
		c.Router.stats.forbidden.Add(1)
	case kind.isTimeout() && kind != AttemptTimeout:
		c.timedOut(c.local.ServerSpan)
	}
	c.failed(c.local.ServerSpan, step, err)
	return err
}

// copied returns a copy of the caller's request that the router may change. It
// copies the struct and the header map, not the body.
func copied(in *http.Request) *http.Request {
	out := new(http.Request)
	*out = *in
	out.RequestURI = "" // a client request has none
	out.Header = in.Header.Clone()
	if out.Header == nil {
		out.Header = http.Header{}
	}
	if out.Host == "" && in.URL != nil {
		out.Host = in.URL.Host
	}
	u := url.URL{}
	if in.URL != nil {
		u = *in.URL
	}
	if u.User != nil && out.Header.Get("Authorization") == "" {
		password, _ := u.User.Password()
		out.SetBasicAuth(u.User.Username(), password)
	}
	u.Scheme, u.User = "http", nil
	if u.Host == "" {
		u.Host = out.Host
	}
	out.URL = &u
	return out
}

// checkScheme returns the error of a URL whose scheme is not supported.
func checkScheme(u *url.URL) error {
	if u == nil || u.Scheme == "" || strings.EqualFold(u.Scheme, "http") {
		return nil
	}
	return &Error{Kind: UnsupportedScheme, Err: fmt.Errorf("%q: only http is supported, without encryption", strings.ToLower(u.Scheme))}
}

func closeBody(r *http.Request) {
	if r.Body != nil {
		r.Body.Close()
	}
}

func (r *Router) identified(local *Local, name resolve.Path) {
	if span := local.ServerSpan; span != nil && span.IsRecording() {
		hopspan.Identified(span, identifiedOf(r, local, name))
	}
}

func (r *Router) bound(span oteltrace.Span, leaf *route) {
	if span != nil && span.IsRecording() {
		hopspan.Bound(span, leaf.bound, leaf.residual.String())
	}
}

func (r *Router) timedOut(span oteltrace.Span) {
	if span != nil {
		hopspan.TimedOut(span)
	}
}

func (r *Router) failed(span oteltrace.Span, step string, err error) {
	if span != nil {
		hopspan.Failed(span, step, err)
	}
}
