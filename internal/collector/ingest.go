package collector

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"sync/atomic"
	"time"
)

// uploadWait is how long an upload waits until others have ended.
const uploadWait = 2 * time.Second

func (c *Collector) postSpans(w http.ResponseWriter, r *http.Request) {
	if c.closed.Load() {
		c.refuse(w, http.StatusServiceUnavailable, &c.counts.closed, errors.New("the collector is closed"))
		return
	}
	// A browser sends a body without a Content-Type to any site without asking it first.
	if err := c.foreign.Check(r); err != nil {
		c.refuse(w, http.StatusForbidden, &c.counts.crossSite, fmt.Errorf("a page of another site must not send spans: %w", err))
		return
	}
	decode, err := decoderFor(r.Header.Get("Content-Type"))
	if err != nil {
		c.refuse(w, http.StatusUnsupportedMediaType, &c.counts.mediaType, err)
		return
	}
	b, err := c.receive(w, r)
	if err != nil {
		c.refuseBody(w, err)
		return
	}
	defer c.uploads.done(b)
	worker, ok := c.enter(r.Context())
	if !ok {
		c.refuseBody(w, errBusy)
		return
	}
	defer func() { c.places <- worker }()
	if err := worker.ingest(b, worker.unpack(r.Header.Get("Content-Encoding")), decode, storing{store: c.store}); err != nil {
		c.refuseBody(w, err)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

// enter waits until a worker is free, for at most uploadWait.
func (c *Collector) enter(ctx context.Context) (*worker, bool) {
	timer := time.NewTimer(uploadWait)
	defer timer.Stop()
	select {
	case w := <-c.places:
		if w == nil {
			w = &worker{limit: c.config.MaxBodyBytes}
		}
		return w, true
	case <-timer.C:
	case <-ctx.Done():
	}
	return nil, false
}

func (c *Collector) refuse(w http.ResponseWriter, status int, counter *atomic.Uint64, err error) {
	counter.Add(1)
	writeError(w, status, err)
}

var (
	errBusy       = errors.New("too many uploads at the same time")
	errSlow       = errors.New("the body takes too long to arrive")
	errEncoding   = errors.New("content encoding is not known: send gzip, deflate or none")
	errAborted    = errors.New("the body could not be read")
	errCompressed = errors.New("the body could not be decompressed")
)

func (c *Collector) refuseBody(w http.ResponseWriter, err error) {
	status, counter, err := c.refusal(w, err)
	c.refuse(w, status, counter, err)
}

// refusal returns the status for an upload that failed, what counts it, and what the sender
// is told. It sets the headers that go with the status.
func (c *Collector) refusal(w http.ResponseWriter, err error) (int, *atomic.Uint64, error) {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge) || errors.Is(err, errInflated):
		return http.StatusRequestEntityTooLarge, &c.counts.tooLarge, fmt.Errorf("the body is larger than %d bytes", c.config.MaxBodyBytes)
	case errors.Is(err, errEncoding), errors.Is(err, errNoForm):
		return http.StatusUnsupportedMediaType, &c.counts.mediaType, err
	case errors.Is(err, errBusy):
		w.Header().Set("Retry-After", "1")
		return http.StatusServiceUnavailable, &c.counts.busy, err
	case errors.Is(err, errSlow):
		w.Header().Set("Connection", "close")
		return http.StatusRequestTimeout, &c.counts.slow, err
	case errors.Is(err, errAborted):
		return http.StatusBadRequest, &c.counts.aborted, err
	}
	return http.StatusBadRequest, &c.counts.malformed, err
}

func decoderFor(contentType string) (decoder, error) {
	if contentType == "" {
		return decodeJSON, nil
	}
	media, _, err := mime.ParseMediaType(contentType)
	if err == nil {
		switch media {
		case "application/json":
			return decodeJSON, nil
		case "application/x-protobuf", "application/protobuf":
			return decodeProto, nil
		}
	}
	return nil, fmt.Errorf("content type %s is not known: send application/json or application/x-protobuf", quote(contentType))
}
