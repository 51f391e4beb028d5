package zipkin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"

	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/internal/drops"
	"github.com/meshhop/meshhop/trace/internal/post"
	"github.com/meshhop/meshhop/trace/internal/sink"
	"github.com/meshhop/meshhop/trace/zipkin/internal/scribe"
)

// route sends batches by the configured transport or, with Auto, by the one that it
// has found.
type route struct {
	scribe *scribe.Sender // nil: HTTP only
	http   *post.Sender   // nil: Scribe only
	log    *slog.Logger

	probing chan struct{} // a lock that a ctx can end waiting for; it guards the next three
	known   transport     // byHTTP or byScribe
	doubt   bool          // known has to be probed
	refused error         // why it is not Scribe

	mu     sync.Mutex
	failed bool      // a batch has failed since the last probe
	logged transport // the last one that was logged; auto: none yet
}

func newRoute(c Config, limits sink.Limits) (*route, error) {
	transport, err := transportOf(c.Transport)
	if err != nil {
		return nil, err
	}
	compression, err := post.CompressionOf(c.Compression)
	if err != nil {
		return nil, fmt.Errorf("zipkin: sink: %w", err)
	}
	r := &route{log: c.ErrorLog, probing: make(chan struct{}, 1), doubt: true, logged: auto}
	r.probing <- struct{}{}
	if transport != byScribe {
		r.http, err = post.New(post.Config{Protocol: post.Zipkin(), Endpoint: c.Endpoint, HostHeader: c.HostHeader, Compression: compression, Client: c.Client, TLS: c.TLS, Timeout: limits.Timeout, Posts: limits.Uploads})
		if err != nil {
			return nil, err
		}
	}
	if transport != byHTTP {
		addr := c.ScribeAddr
		if addr == "" {
			addr = defaultScribeAddr
		}
		r.scribe, err = scribe.New(scribe.Config{Addr: addr, Dial: c.DialScribe, Timeout: limits.Timeout, Idle: limits.Uploads})
		if err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Close lets go of idle connections.
func (r *route) Close() {
	if r.scribe != nil {
		r.scribe.Close()
	}
	if r.http != nil {
		r.http.Close()
	}
}

// choose returns the transport to use now. It probes first if it does not know it, or
// if a batch has failed; concurrent calls wait for that.
func (r *route) choose(ctx context.Context) (transport, error) {
	switch {
	case r.scribe == nil:
		return byHTTP, nil
	case r.http == nil:
		return byScribe, nil
	}
	select {
	case <-r.probing:
	case <-ctx.Done():
		return byHTTP, ctx.Err()
	}
	defer func() { r.probing <- struct{}{} }()
	r.mu.Lock()
	probe := r.doubt || r.failed
	r.failed = false
	r.mu.Unlock()
	if probe {
		r.refused = r.scribe.Probe(ctx)
		r.doubt = ctx.Err() != nil
		r.known = byScribe
		if r.refused != nil {
			r.known = byHTTP
		}
	}
	return r.known, r.refused
}

// succeeded logs by which transport batches arrive, when that changes.
func (r *route) succeeded(by transport, refused error) {
	if r.scribe == nil || r.http == nil {
		return
	}
	r.mu.Lock()
	news := r.logged != by
	r.logged = by
	r.mu.Unlock()
	switch {
	case !news:
	case by == byScribe:
		r.log.Info("spans are sent by Scribe", "to", r.scribe.Addr())
	default:
		r.log.Info("spans are sent by HTTP because there is no Scribe", "to", r.http.Endpoint(), "scribe", refused)
	}
}

// failure makes choose probe again.
func (r *route) failure() {
	r.mu.Lock()
	r.failed = true
	r.mu.Unlock()
}

// batch is sent in one call, by one transport.
type batch struct {
	route   *route
	parts   []*sink.Part
	by      transport
	begun   bool // some of it may have arrived, so that by must not change
	refused error

	entries scribe.Entries
	body    post.Payload
	made    bool // body is complete
	held    int  // bytes of body that are not those of the parts
}

// Batch makes a batch.
func (r *route) Batch(parts []*sink.Part) sink.Batch {
	b := &batch{route: r, parts: parts}
	for _, c := range parts {
		b.entries.Parts = append(b.entries.Parts, c.Buf)
		b.entries.Count += c.Spans
	}
	return b
}

// Held is the number of bytes that the body takes beside the parts.
func (b *batch) Held() int { return b.held }

// Send tries once. It calls hold with the bytes that it allocates.
func (b *batch) Send(ctx context.Context, hold func(bytes int)) *trace.ExportError {
	if !b.begun {
		b.by, b.refused = b.route.choose(ctx)
	}
	var err *trace.ExportError
	if b.by == byScribe {
		b.begun, err = b.route.scribe.Log(ctx, b.entries)
	} else {
		err = b.post(ctx, hold)
	}
	if err != nil {
		b.route.failure()
		return err
	}
	b.route.succeeded(b.by, b.refused)
	return nil
}

// post sends the batch by HTTP.
func (b *batch) post(ctx context.Context, hold func(bytes int)) *trace.ExportError {
	if !b.made {
		if err := b.make(hold); err != nil {
			return &trace.ExportError{Reason: drops.Status, Permanent: true, Err: err}
		}
	}
	_, err := b.route.http.Post(ctx, b.body)
	if err == nil {
		return nil
	}
	var network *net.OpError
	b.begun = !errors.As(err, &network) || network.Op != "dial"
	if b.refused != nil {
		err.Err = fmt.Errorf("%w; nor by Scribe: %w", err.Err, b.refused)
	}
	return err
}

// make makes the body.
func (b *batch) make(hold func(bytes int)) error {
	plain, held := post.Payload{}, 0
	if b.route.scribe == nil {
		plain = listPayload(b.parts)
	} else {
		list, err := jsonOfEntries(nil, b.parts)
		if err != nil {
			return err
		}
		plain, held = post.Of(list), cap(list)
	}
	b.body = b.route.http.Compressed(plain)
	if b.body.Held > 0 {
		held = b.body.Held // the plain form is garbage now
	}
	hold(held)
	b.held, b.made = held, true
	return nil
}
