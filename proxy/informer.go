package proxy

import (
	"errors"
	"maps"
	"net/http"
	"net/textproto"
	"sync"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/wire"
)

// informer passes 1xx answers on while the final one is awaited. They arrive
// in a goroutine of the transport, and the caller's body is read in another.
type informer struct {
	mu        sync.Mutex
	w         http.ResponseWriter
	clear     bool // l5d-* headers are not for the caller
	continued bool // 100 was sent
	stopped   bool
	panicked  any // what the writer panicked with
}

// errWriterPanicked ends the attempt; see informer.stop.
var errWriterPanicked = errors.New("proxy: the response writer panicked at a 1xx response")

// Interim passes a 1xx answer on.
func (i *informer) Interim(code int, header textproto.MIMEHeader) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.stopped || code == http.StatusContinue && i.continued {
		return nil
	}
	i.continued = i.continued || code == http.StatusContinue
	h := i.w.Header()
	before := maps.Clone(h)
	for name, values := range header {
		h[name] = values
	}
	stripHopByHop(h)
	if i.clear {
		ctxhdr.Clear(h)
	}
	wire.LowerNames(h)
	if !i.write(code) {
		return errWriterPanicked
	}
	clear(h) // the final answer has headers of its own
	maps.Copy(h, before)
	return nil
}

// proceed tells a caller that waits for it to send its body, and says whether
// it was told. The server would do so by itself at the first read, but might
// then write into the middle of another 1xx answer.
func (i *informer) proceed() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.continued && !i.stopped {
		i.continued = i.write(http.StatusContinue)
	}
	return i.continued
}

// write is false if the writer panicked, which then was the last that it was
// asked for: in the goroutines that come here nobody would stop the panic from
// ending the process.
func (i *informer) write(code int) (ok bool) {
	defer func() {
		if i.panicked = recover(); i.panicked != nil {
			i.stopped = true
		}
	}()
	i.w.WriteHeader(code)
	return true
}

// stop ends all that, and returns what the writer panicked with, for the
// goroutine whose panic it should be.
func (i *informer) stop() (panicked any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.stopped = true
	return i.panicked
}
