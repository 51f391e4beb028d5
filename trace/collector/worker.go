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

// ingest stores all spans of a body, or none if the body is invalid. It reads the body twice,
// the first time to check it, so that it need not hold the spans until the last one is read.
func (w *worker) ingest(b *body, encoding string, decode decoder, to *store) error {
	defer w.forget()
	if b.size == 0 {
		return nil
	}
	w.draft.keep = false
	if err := w.read(b, encoding, decode, func() {}); err != nil {
		return err
	}
	w.draft.keep = true
	size := int64(0)
	err := w.read(b, encoding, decode, func() {
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

func (w *worker) store(to *store) {
	to.add(w.batch)
	clear(w.batch)
	w.batch = w.batch[:0]
}

// forget drops all references to a body.
func (w *worker) forget() {
	w.draft.reset()
	w.source.in = nil
	w.packed.Reset(nil)
}

func (w *worker) read(b *body, encoding string, decode decoder, each func()) error {
	in, err := w.decompress(b.reader(), encoding)
	if err != nil {
		return err
	}
	w.source.reset(in, w.limit)
	err = decode(&w.source, &w.draft, each)
	switch failed := w.source.err; {
	case errors.Is(failed, errInflated):
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
