package router

import (
	"context"
	"net/http"
	"net/url"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/resolve"
)

// RoundTrip sends the request to a replica of what it names and returns the
// answer. It has the contract of [http.RoundTripper]: it does not change r, it
// closes r.Body, and the caller closes the answer's body. An error is an
// [*Error].
func (r *Router) RoundTrip(in *http.Request) (*http.Response, error) {
	r.begin()
	ctx, out := in.Context(), copied(in)
	local := LocalOf(ctx)
	var resp *http.Response
	var err error
	if local == nil {
		ctx, local, err = localFrom(ctx, out.Header)
	}
	if err == nil {
		resp, err = r.roundTrip(ctx, out, local)
	}
	return r.done(in, resp, err)
}

// Send is RoundTrip for a proxy, which spares a copy of the request: the router
// may change in and in.URL, but nothing that they refer to. What the proxy has
// read of the request's headers is in local, which is the router's until the
// answer's body is closed, and ctx stands in for the request's own context.
func (r *Router) Send(ctx context.Context, in *http.Request, local *Local) (*http.Response, error) {
	r.begin()
	resp, err := r.roundTrip(ctx, in, local)
	return r.done(in, resp, err)
}

func (r *Router) begin() {
	r.stats.requests.Add(1)
	r.stats.pending.Add(1)
}

// done ends what begin began, unless there is an answer: its body does then.
func (r *Router) done(in *http.Request, resp *http.Response, err error) (*http.Response, error) {
	if err != nil {
		r.stats.pending.Add(-1)
		r.stats.failures.Add(1)
		if !handedOver(err) {
			closeBody(in)
		}
		return nil, err
	}
	resp.Request = in
	return resp, nil
}

// handedOver says whether a replica's transport had the request, and with it
// the duty to close its body, which it may do in its own time.
func handedOver(err error) bool {
	e, ok := err.(*Error)
	return ok && e.Addr != ""
}

// roundTrip is step 4 of a request's journey: it is named and tried.
func (r *Router) roundTrip(ctx context.Context, out *http.Request, local *Local) (*http.Response, error) {
	name, err := r.identify(out)
	if err != nil {
		r.failed(local.ServerSpan, "Identification", err)
		return nil, err
	}
	r.identified(local, name)
	leaf, err := r.client(ctx, dst{name, local.DtabText}, local.Dtab)
	if err != nil {
		r.failed(local.ServerSpan, "ClientAcquisition", err)
		return nil, err
	}
	r.bound(local.ServerSpan, leaf)
	resp, err := r.dispatch(ctx, out, name, local, leaf)
	if err != nil {
		r.failed(local.ServerSpan, "Service", err)
		leaf.client.done()
		return nil, err
	}
	return resp, nil
}

// copied is a copy of the caller's request that the router may change: the
// struct and the header map, not the body.
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
	u.Scheme = "http"
	if u.Host == "" {
		u.Host = out.Host
	}
	out.URL = &u
	return out
}

func closeBody(r *http.Request) {
	if r.Body != nil {
		r.Body.Close()
	}
}

func (r *Router) identified(local *Local, name resolve.Path) {
	if span := local.ServerSpan; span != nil && span.IsRecording() {
		r.config.Hop.Identified(span, identifiedOf(r, local, name))
	}
}

func (r *Router) bound(span oteltrace.Span, leaf *route) {
	if span != nil && span.IsRecording() {
		r.config.Hop.Bound(span, leaf.bound, leaf.residual.String())
	}
}

func (r *Router) failed(span oteltrace.Span, step string, err error) {
	if span != nil {
		r.config.Hop.Failed(span, step, err)
	}
}
