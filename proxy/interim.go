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

// interimResponder passes 1xx responses on until the final one arrives. They arrive in
// a goroutine of the transport, and the client's body is read in another.
type interimResponder struct {
	mu        sync.Mutex
	w         http.ResponseWriter
	clear     bool // l5d-* headers are not passed on
	continued bool // 100 was sent
	stopped   bool
	panicked  any // what the writer panicked with
}

// errWriterPanicked ends the attempt; see interimResponder.stop.
var errWriterPanicked = errors.New("proxy: the response writer panicked at a 1xx response")

// Interim passes a 1xx response on.
func (i *interimResponder) Interim(code int, header textproto.MIMEHeader) error {
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
	clear(h) // the final response has headers of its own
	maps.Copy(h, before)
	return nil
}

// proceed sends 100 to a client that waits for it before it sends its body, and
// reports whether that was sent. The server would do that by itself at the first read,
// but might then write into the middle of another 1xx response.
func (i *interimResponder) proceed() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.continued && !i.stopped {
		i.continued = i.write(http.StatusContinue)
	}
	return i.continued
}

// write returns false if the writer panicked; it is not called again then. In the
// goroutines that come here nothing else would keep the panic from ending the process.
func (i *interimResponder) write(code int) (ok bool) {
	defer func() {
		if i.panicked = recover(); i.panicked != nil {
			i.stopped = true
		}
	}()
	i.w.WriteHeader(code)
	return true
}

// stop makes all later calls do nothing, and returns what the writer panicked with, so
// that the panic can go on in the handler's goroutine.
func (i *interimResponder) stop() (panicked any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.stopped = true
	return i.panicked
}
