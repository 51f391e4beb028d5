package h1

import (
	"io"
	"net"
	"net/http"
	"strconv"

	"github.com/meshhop/meshhop/internal/httpx"
)

const (
	// flushSize is how much is gathered before it is written.
	flushSize = 4 << 10
	// maxCopy is the size of a piece of a body up to which it is copied behind what is to
	// be written before it, which costs less than a second write.
	maxCopy = 32 << 10
)

// Write writes a part of the body.
func (w *response) Write(p []byte) (int, error) { return write(w, p) }

// WriteString writes a part of the body.
func (w *response) WriteString(s string) (int, error) { return write(w, s) }

func write[T string | []byte](w *response, p T) (int, error) {
	if err := w.mayWrite(int64(len(p))); err != nil || len(p) == 0 {
		return 0, err
	}
	w.written += int64(len(p))
	held := w.c.held
	if (!w.committed || w.chunked) && len(held)+len(p) <= holdSize {
		w.c.held = append(held, p...)
		return len(p), nil
	}
	if w.toHead && w.committed {
		return len(p), nil
	}
	w.commitHeld(sniffable(held, p))
	if w.toHead {
		return len(p), nil
	}
	if w.chunked && len(p) < holdSize {
		w.c.held = append(w.c.held, p...)
	} else {
		appendBody(w, p)
	}
	if len(w.c.out) >= flushSize {
		w.flushOut()
	}
	if w.err != nil {
		return 0, w.err
	}
	return len(p), nil
}

// sniffable returns the beginning of the body, of which nothing is held: it decides about
// the Content-Type.
func sniffable[T string | []byte](held []byte, p T) []byte {
	if len(held) > 0 {
		return nil
	}
	return []byte(p[:min(len(p), 512)])
}

// mayWrite decides the status if nobody has, and reports whether n bytes of a body may
// follow.
func (w *response) mayWrite(n int64) error {
	switch {
	case w.hijacked:
		return http.ErrHijacked
	case w.over.Load():
		return errHandlerReturned
	}
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	switch {
	case n == 0:
		return w.err
	case !httpx.BodyAllowed(w.status):
		return http.ErrBodyNotAllowed
	case w.length >= 0 && w.written+n > w.length:
		return http.ErrContentLength
	}
	return w.err
}

// commitHeld commits the head, and appends what is held to what is to be written. first is
// the beginning of the body if nothing is held.
func (w *response) commitHeld(first []byte) {
	if !w.committed {
		held := w.c.held
		if len(held) == 0 {
			w.c.held = append(held, first...)
		}
		w.commit(false)
		w.c.held = held
	}
	if held := w.c.held; len(held) > 0 {
		w.c.held = held[:0]
		if !w.toHead {
			appendBody(w, held)
		}
	}
}

// appendBody appends a piece of the body, as a chunk if it is chunked, to what is to be
// written. It writes a large piece.
func appendBody[T string | []byte](w *response, p T) {
	out := w.c.out
	if w.chunked {
		out = append(strconv.AppendInt(out, int64(len(p)), 16), "\r\n"...)
	}
	switch large := len(p) > maxCopy || len(out) == 0 && len(p) > flushSize; {
	case large:
		w.c.out = out
		w.writeWith([]byte(p))
		out = w.c.out[:0]
	default:
		out = append(out, p...)
	}
	if w.chunked {
		out = append(out, "\r\n"...)
	}
	w.c.out = out
}

// flushOut writes what is to be written.
func (w *response) flushOut() {
	if len(w.c.out) > 0 {
		w.writeOut(w.c.out)
		w.c.out = w.c.out[:0]
	}
}

// writeOut writes bytes to the connection. After an error nothing more is written, and the
// context of the request ends.
func (w *response) writeOut(out []byte) {
	if w.err != nil || len(out) == 0 {
		return
	}
	_, err := w.c.nc.Write(out)
	w.wroteOut(err)
}

func (w *response) wroteOut(err error) {
	if err != nil {
		w.err, w.close = err, true
		w.x.ctx.cancel(httpx.ClientLeft{})
	}
}

// gatherer is a connection that writes pieces of gatherBytes together in one system call.
type gatherer interface {
	WriteBuffers(pieces *net.Buffers) (int64, error)
}

// gatherBytes is how much of a body goes into one write with what comes before it.
const gatherBytes = 64 << 10

// writeWith writes what is to be written, and a piece of the body.
func (w *response) writeWith(p []byte) {
	to, ok := w.c.nc.(gatherer)
	if !ok || len(w.c.out) == 0 || len(p) > gatherBytes {
		w.flushOut()
		w.writeOut(p)
		return
	}
	if w.err == nil {
		w.pieces = [2][]byte{w.c.out, p}
		w.gathered = w.pieces[:]
		_, err := to.WriteBuffers(&w.gathered)
		w.wroteOut(err)
		w.pieces, w.gathered = [2][]byte{}, nil
	}
	w.c.out = w.c.out[:0]
}

// ReadFrom writes all of src. The kernel moves it if src is a file or a TCP connection, or
// an io.LimitedReader of one, and the length of the body is known.
func (w *response) ReadFrom(src io.Reader) (total int64, err error) {
	if err := w.mayWrite(0); err != nil {
		return 0, err
	}
	if !w.committed && (!w.said.contentType || w.length < 0) {
		// It decides about Content-Type and Content-Length as it would with Write.
		n, err := io.CopyN(writerOnly{w}, src, holdSize)
		if err == io.EOF {
			return n, nil
		} else if err != nil {
			return n, err
		}
		total = n
	}
	if to, ok := w.c.nc.(io.ReaderFrom); ok && w.length >= 0 && w.length > w.written && !w.toHead && httpx.BodyAllowed(w.status) {
		n, err := w.readFrom(to, src)
		if total += n; err != nil || w.written < w.length {
			return total, err
		}
	}
	s := w.c.server
	bulk, ok := s.bulk.Get().(*[maxCopy]byte)
	if !ok {
		bulk = new([maxCopy]byte)
	}
	defer s.bulk.Put(bulk)
	n, err := io.CopyBuffer(writerOnly{w}, src, bulk[:])
	return total + n, err
}

// readFrom lets the connection read up to the end of the body from src.
func (w *response) readFrom(to io.ReaderFrom, src io.Reader) (int64, error) {
	w.commitHeld(nil)
	if w.flushOut(); w.err != nil {
		return 0, w.err
	}
	left := w.length - w.written
	if limited, ok := src.(*io.LimitedReader); !ok || limited.N > left {
		src = &io.LimitedReader{R: src, N: left}
	}
	n, err := to.ReadFrom(src)
	w.written += n
	if err != nil {
		w.close = true // it may be an error of either side, and a later write says which
	}
	return n, err
}

// writerOnly hides ReadFrom from io.Copy.
type writerOnly struct{ io.Writer }
