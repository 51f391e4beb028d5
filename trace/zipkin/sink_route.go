package zipkin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"

	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/zipkin/internal/post"
	"github.com/meshhop/meshhop/trace/zipkin/internal/scribe"
)

// route sends batches, by the one transport that there is or by the one that it
// has found out about.
type route struct {
	scribe *scribe.Sender // nil: HTTP only
	http   *post.Sender   // nil: Scribe only
	log    *slog.Logger

	probing chan struct{} // holds a token; who has it may probe, and read and write what follows
	known   Transport     // HTTP or Scribe
	doubt   bool          // it has to be looked at
	refused error         // why it is not Scribe

	mu     sync.Mutex
	failed bool      // since the last look
	said   Transport // what the log knows; Auto: nothing yet
}

func newRoute(c Config) (*route, error) {
	if c.Transport > Auto {
		return nil, fmt.Errorf("zipkin: sink: unknown Transport %d", c.Transport)
	}
	r := &route{log: c.ErrorLog, probing: make(chan struct{}, 1), doubt: true, said: Auto}
	r.probing <- struct{}{}
	var err error
	if c.Transport != Scribe {
		r.http, err = post.New(post.Config{Endpoint: c.Endpoint, HostHeader: c.HostHeader, Compression: c.Compression, Client: c.Client, Timeout: c.Timeout, Posts: c.Uploads})
		if err != nil {
			return nil, err
		}
	}
	if c.Transport != HTTP {
		addr := c.ScribeAddr
		if addr == "" {
			addr = defaultScribeAddr
		}
		r.scribe, err = scribe.New(scribe.Config{Addr: addr, Dial: c.DialScribe, Timeout: c.Timeout, Idle: c.Uploads})
		if err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *route) close() {
	if r.scribe != nil {
		r.scribe.Close()
	}
	if r.http != nil {
		r.http.Close()
	}
}

// choose says which transport is used now. It looks first if it does not know
// or if something has failed; others wait for that.
func (r *route) choose(ctx context.Context) (Transport, error) {
	switch {
	case r.scribe == nil:
		return HTTP, nil
	case r.http == nil:
		return Scribe, nil
	}
	select {
	case <-r.probing:
	case <-ctx.Done():
		return HTTP, ctx.Err()
	}
	defer func() { r.probing <- struct{}{} }()
	r.mu.Lock()
	look := r.doubt || r.failed
	r.failed = false
	r.mu.Unlock()
	if look {
		r.refused = r.scribe.Probe(ctx)
		r.doubt = ctx.Err() != nil
		r.known = Scribe
		if r.refused != nil {
			r.known = HTTP
		}
	}
	return r.known, r.refused
}

// succeeded is told by what a batch has arrived.
func (r *route) succeeded(by Transport, refused error) {
	if r.scribe == nil || r.http == nil {
		return
	}
	r.mu.Lock()
	news := r.said != by
	r.said = by
	r.mu.Unlock()
	switch {
	case !news:
	case by == Scribe:
		r.log.Info("spans go by Scribe", "to", r.scribe.Addr())
	default:
		r.log.Info("spans go by HTTP, for there is no Scribe", "to", r.http.Endpoint(), "scribe", refused)
	}
}

// failure makes choose look again.
func (r *route) failure() {
	r.mu.Lock()
	r.failed = true
	r.mu.Unlock()
}

// batch is what is sent together, by one transport.
type batch struct {
	route   *route
	chunks  []*chunk
	by      Transport
	begun   bool // some of it may have arrived: by does not change any more
	refused error

	entries scribe.Entries
	body    post.Payload
	made    bool // body is
	held    int  // bytes that body takes beside the chunks
}

func (r *route) batch(chunks []*chunk) *batch {
	b := &batch{route: r, chunks: chunks}
	for _, c := range chunks {
		b.entries.Parts = append(b.entries.Parts, c.buf)
		b.entries.Count += c.spans
	}
	return b
}

// send tries once. It tells hold of memory that it takes.
func (b *batch) send(ctx context.Context, hold func(bytes int)) *trace.ExportError {
	if !b.begun {
		b.by, b.refused = b.route.choose(ctx)
	}
	var err *trace.ExportError
	if b.by == Scribe {
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
			return &trace.ExportError{Reason: trace.Status, Permanent: true, Err: err}
		}
	}
	err := b.route.http.Post(ctx, b.body)
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
		plain = listPayload(b.chunks)
	} else {
		list, err := jsonOfEntries(nil, b.chunks)
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
