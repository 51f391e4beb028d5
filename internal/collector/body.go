package collector

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

// The size of a piece doubles from the first to the last, so that a body holds at most
// about twice as many bytes as have arrived.
const (
	firstPiece = 1 << 10
	lastPiece  = 64 << 10
)

// body holds an upload in the form in which it was sent, which may be compressed.
type body struct {
	pieces  [][]byte
	size    int64
	held    int64 // bytes taken out of MaxHeldBytes; guarded by uploads
	waits   bool  // whether it waits for bytes; guarded by uploads
	began   time.Time
	control deadliner
	broken  atomic.Bool
}

// deadliner is a *http.ResponseController or a net.Conn.
type deadliner interface {
	SetReadDeadline(t time.Time) error
}

// breakOff aborts the upload of a body, because others need the bytes that it holds.
func (b *body) breakOff() {
	if !b.broken.Swap(true) {
		_ = b.control.SetReadDeadline(time.Unix(1, 0))
	}
}

// receive reads a body within MaxBodyBytes and UploadTimeout. The body counts as held
// until uploads.done.
func (c *Collector) receive(w http.ResponseWriter, r *http.Request) (*body, error) {
	control := http.NewResponseController(w)
	b := c.uploads.begin(control)
	// If the ResponseWriter does not support deadlines, only the check between reads
	// bounds the time.
	_ = control.SetReadDeadline(b.began.Add(c.config.UploadTimeout))
	err := c.readBody(r.Context(), b, http.MaxBytesReader(w, r.Body, c.config.MaxBodyBytes))
	c.uploads.arrived(b)
	if err != nil {
		// Close the connection: to keep it, net/http would wait for the rest of the body.
		_ = control.SetReadDeadline(time.Unix(1, 0))
		c.uploads.done(b)
		return nil, err
	}
	_ = control.SetReadDeadline(time.Time{})
	return b, nil
}

func (c *Collector) readBody(ctx context.Context, b *body, in io.Reader) error {
	for size := int64(firstPiece); ; size = min(2*size, lastPiece) {
		// One byte more than the bound is read, to see whether the body is larger.
		if left := c.config.MaxBodyBytes + 1 - b.size; size > left {
			size = left
		}
		if err := c.uploads.take(ctx, b, size); err != nil {
			return err
		}
		piece := make([]byte, 0, size)
		for len(piece) < cap(piece) {
			n, err := in.Read(piece[len(piece):cap(piece)])
			piece = piece[:len(piece)+n]
			if err != nil {
				b.add(piece)
				return c.arrival(b, err)
			}
			if c.late(b) {
				return errSlow
			}
		}
		b.add(piece)
	}
}

func (c *Collector) late(b *body) bool {
	return b.broken.Load() || time.Since(b.began) >= c.config.UploadTimeout
}

// arrival turns the error at the end of a body into the one that the client gets.
func (c *Collector) arrival(b *body, err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case errors.As(err, &tooLarge):
		return err
	case errors.Is(err, os.ErrDeadlineExceeded) || c.late(b):
		return errSlow
	}
	return fmt.Errorf("%w: %w", errAborted, err)
}

func (b *body) add(piece []byte) {
	b.pieces = append(b.pieces, piece)
	b.size += int64(len(piece))
}

// reader returns a reader that starts at the beginning of the body.
func (b *body) reader() io.Reader {
	readers := make([]io.Reader, len(b.pieces))
	for i, p := range b.pieces {
		readers[i] = bytes.NewReader(p)
	}
	return io.MultiReader(readers...)
}
