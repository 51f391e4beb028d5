package collector

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

const uploadWait = 2 * time.Second

func (c *Collector) postSpans(w http.ResponseWriter, r *http.Request) {
	if c.closed.Load() {
		c.refuse(w, http.StatusServiceUnavailable, &c.counts.closed, errors.New("the collector is closed"))
		return
	}
	decode, err := decoderFor(r.Header.Get("Content-Type"))
	if err != nil {
		c.refuse(w, http.StatusUnsupportedMediaType, &c.counts.mediaType, err)
		return
	}
	if !c.enter(r) {
		w.Header().Set("Retry-After", "1")
		c.refuse(w, http.StatusServiceUnavailable, &c.counts.busy, errors.New("too many uploads at the same time"))
		return
	}
	defer func() { <-c.uploads }()
	body, err := c.readBody(w, r)
	if err != nil {
		c.refuseBody(w, err)
		return
	}
	if len(bytes.TrimSpace(body)) == 0 {
		w.WriteHeader(http.StatusAccepted)
		return
	}
	spans, err := decode(body)
	if err != nil {
		c.refuse(w, http.StatusBadRequest, &c.counts.malformed, err)
		return
	}
	c.store.add(spans)
	w.WriteHeader(http.StatusAccepted)
}

func (c *Collector) enter(r *http.Request) bool {
	select {
	case c.uploads <- struct{}{}:
		return true
	default:
	}
	timer := time.NewTimer(uploadWait)
	defer timer.Stop()
	select {
	case c.uploads <- struct{}{}:
		return true
	case <-timer.C:
	case <-r.Context().Done():
	}
	return false
}

func (c *Collector) refuse(w http.ResponseWriter, status int, counter *atomic.Uint64, err error) {
	counter.Add(1)
	writeError(w, status, err)
}

func (c *Collector) refuseBody(w http.ResponseWriter, err error) {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge) || errors.Is(err, errInflated):
		c.refuse(w, http.StatusRequestEntityTooLarge, &c.counts.tooLarge, fmt.Errorf("the body is larger than %d bytes", c.config.MaxBodyBytes))
	case errors.Is(err, errEncoding):
		c.refuse(w, http.StatusUnsupportedMediaType, &c.counts.mediaType, err)
	case errors.Is(err, errCompressed):
		c.refuse(w, http.StatusBadRequest, &c.counts.malformed, err)
	default:
		c.refuse(w, http.StatusBadRequest, &c.counts.aborted, fmt.Errorf("the body could not be read: %w", err))
	}
}

func decoderFor(contentType string) (func([]byte) ([]*span, error), error) {
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

var (
	errInflated   = errors.New("larger than allowed after decompression")
	errEncoding   = errors.New("content encoding is not known: send gzip, deflate or none")
	errCompressed = errors.New("the body could not be decompressed")
)

// readBody reads at most MaxBodyBytes, counted before and after decompression.
func (c *Collector) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	limit := c.config.MaxBodyBytes
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		return nil, err
	}
	open, err := decompressor(r.Header.Get("Content-Encoding"), raw)
	if err != nil || open == nil || len(raw) == 0 {
		return raw, err
	}
	in, err := open(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("%w: %v", errCompressed, err)
	}
	defer in.Close()
	body, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %v", errCompressed, err)
	}
	if int64(len(body)) > limit {
		return nil, errInflated
	}
	return body, nil
}

// decompressor returns nil for a plain body.
func decompressor(encoding string, raw []byte) (func(io.Reader) (io.ReadCloser, error), error) {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "", "identity":
		return nil, nil
	case "gzip", "x-gzip":
		return func(in io.Reader) (io.ReadCloser, error) { return gzip.NewReader(in) }, nil
	case "deflate":
		// RFC 9110 section 8.4.1.2 means the zlib format; senders of the bare
		// one exist. The low four bits of zlib's first byte are always 8.
		if len(raw) > 0 && raw[0]&0x0f == 8 {
			return zlib.NewReader, nil
		}
		return func(in io.Reader) (io.ReadCloser, error) { return flate.NewReader(in), nil }, nil
	}
	return nil, errEncoding
}
