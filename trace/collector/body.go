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

// Pieces double from the first size to the last, so that a body holds no more
// than about twice what has arrived of it.
const (
	firstPiece = 1 << 10
	lastPiece  = 64 << 10
)

// body is an upload as it was sent.
type body struct {
	pieces  [][]byte
	size    int64
	held    int64 // of MaxHeldBytes; uploads guards it
	waits   bool  // for bytes that it may hold; uploads guards it
	began   time.Time
	control deadliner
	broken  atomic.Bool
}

// deadliner is a *http.ResponseController or a net.Conn.
type deadliner interface {
	SetReadDeadline(t time.Time) error
}

// breakOff ends the arrival of a body that others cannot wait for.
func (b *body) breakOff() {
	if !b.broken.Swap(true) {
		_ = b.control.SetReadDeadline(time.Unix(1, 0))
	}
}

// receive reads a body within MaxBodyBytes and UploadTimeout. It is held until
// uploads.done.
func (c *Collector) receive(w http.ResponseWriter, r *http.Request) (*body, error) {
	control := http.NewResponseController(w)
	b := c.uploads.begin(control)
	// A ResponseWriter that knows no deadlines leaves it to the reads between
	// which the time is looked at.
	_ = control.SetReadDeadline(b.began.Add(c.config.UploadTimeout))
	err := c.readBody(r.Context(), b, http.MaxBytesReader(w, r.Body, c.config.MaxBodyBytes))
	c.uploads.arrived(b)
	if err != nil {
		// The rest is not waited for: net/http would, to keep the connection.
		_ = control.SetReadDeadline(time.Unix(1, 0))
		c.uploads.done(b)
		return nil, err
	}
	_ = control.SetReadDeadline(time.Time{})
	return b, nil
}

func (c *Collector) readBody(ctx context.Context, b *body, in io.Reader) error {
	for size := int64(firstPiece); ; size = min(2*size, lastPiece) {
		// The byte beyond the bound is what shows that a body is larger.
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

// arrival says what the end of a body means.
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

// reader reads the body from its beginning.
func (b *body) reader() io.Reader {
	readers := make([]io.Reader, len(b.pieces))
	for i, p := range b.pieces {
		readers[i] = bytes.NewReader(p)
	}
	return io.MultiReader(readers...)
}
