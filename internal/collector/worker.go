package collector

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Bounds of the batch of spans that a worker holds before it gives them to the store.
const (
	batchSpans = 256
	batchBytes = 256 << 10
)

// worker decodes one body at a time and keeps the buffers for that.
type worker struct {
	limit  int64 // of the body after decompression
	source source
	draft  draft
	packed bufio.Reader // of the body before decompression
	gzip   gzip.Reader
	batch  []*span
	scribe *scribeCall // nil: it has had none yet
}

// opener returns a reader of the spans in a body, from the beginning.
type opener func(*body) (io.Reader, error)

// unpack opens a body that has nothing but spans, in a Content-Encoding.
func (w *worker) unpack(encoding string) opener {
	return func(b *body) (io.Reader, error) { return w.decompress(b.reader(), encoding) }
}

// ingest passes all spans of a body to a store, or none if the body is invalid. It reads
// the body twice, the first time to check it, so that it need not hold the spans until the
// last one is read.
func (w *worker) ingest(b *body, open opener, decode decoder, to storing) error {
	defer w.forget()
	if b.size == 0 {
		return nil
	}
	w.draft.keep = false
	if err := w.read(b, open, decode, func() {}); err != nil {
		return err
	}
	w.draft.keep = true
	size := int64(0)
	err := w.read(b, open, decode, func() {
		s := w.draft.span(to.seed)
		w.batch = append(w.batch, s)
		if size += s.size(); size >= batchBytes || len(w.batch) == batchSpans {
			w.store(to)
			size = 0
		}
	})
	w.store(to)
	return err
}

func (w *worker) store(to storing) {
	to.add(w.batch, to.uploaded)
	clear(w.batch)
	w.batch = w.batch[:0]
}

// storing is where spans go, and how they came.
type storing struct {
	*store
	uploaded *upload // nil: a tracer sent them
}

// forget drops all references to a body.
func (w *worker) forget() {
	w.draft.reset()
	w.source.in = nil
	w.packed.Reset(nil)
}

func (w *worker) read(b *body, open opener, decode decoder, each func()) error {
	in, err := open(b)
	if err != nil {
		return err
	}
	w.source.reset(in, w.limit)
	err = decode(&w.source, &w.draft, each)
	switch failed := w.source.err; {
	case errors.Is(failed, errInflated), errors.Is(failed, errFormCuts):
		return failed
	case failed != nil:
		return fmt.Errorf("%w: %w", errCompressed, failed)
	}
	return err
}

// decompress returns a reader for the given Content-Encoding.
func (w *worker) decompress(in io.Reader, encoding string) (io.Reader, error) {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "", "identity":
		return in, nil
	case "gzip", "x-gzip":
		w.packed.Reset(in)
		if err := w.gzip.Reset(&w.packed); err != nil {
			return nil, fmt.Errorf("%w: %w", errCompressed, err)
		}
		return &w.gzip, nil
	case "deflate":
		// RFC 9110 section 8.4.1.2 means the zlib format, but some senders send raw
		// deflate. The low four bits of the first byte of zlib are always 8.
		w.packed.Reset(in)
		first, err := w.packed.Peek(1)
		if err == nil && first[0]&0x0f != 8 {
			return flate.NewReader(&w.packed), nil
		}
		out, err := zlib.NewReader(&w.packed)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errCompressed, err)
		}
		return out, nil
	}
	return nil, errEncoding
}
