package proxy

import (
	"errors"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/internal/httpx"
)

// requestBody is the body of an incoming request, lent to a transport. Closing it only
// ends the loan: closing the server's own body may wait for the client to send, and
// the response goes first.
type requestBody struct {
	from    io.ReadCloser
	length  int64             // -1: not known
	stream  bool              // it came by HTTP/2, where it is one of several on a connection
	interim *interimResponder // writes 100 before the first read; nil: the client does not wait for it
	// trailers are forwarded at the end of the body; nil: there are none.
	trailers *trailers
	read     atomic.Int64
	complete atomic.Bool // all of it was read
	broken   atomic.Bool // reading it failed
	timedOut atomic.Bool // because it did not arrive in time
	closed   atomic.Bool
	reads    atomic.Int32 // calls of Read under way
}

var errBodyClosed = errors.New("proxy: the request body was read after the request had ended")

// borrow takes the request's body, before any response is written; nil if there is
// none. The caller must call finish.
func borrow(w http.ResponseWriter, in *http.Request) *requestBody {
	if in.ContentLength == 0 {
		return nil
	}
	// The response may begin while the body is still coming. A writer other than
	// net/http's for HTTP/1 does not know this method and does not need it.
	_ = http.NewResponseController(w).EnableFullDuplex()
	return &requestBody{from: in.Body, length: in.ContentLength, stream: in.ProtoMajor > 1}
}

// received is how much was read of it; b may be nil.
func (b *requestBody) received() int64 {
	if b == nil {
		return 0
	}
	return b.read.Load()
}

func (b *requestBody) Read(p []byte) (int, error) {
	b.reads.Add(1)
	n, err := b.doRead(p)
	b.reads.Add(-1)
	return n, err
}

func (b *requestBody) doRead(p []byte) (int, error) {
	if b.closed.Load() || b.interim != nil && !b.interim.proceed() {
		return 0, errBodyClosed
	}
	n, err := b.from.Read(p)
	if err == io.EOF {
		b.trailers.forward()
	}
	if read := b.read.Add(int64(n)); err == io.EOF || read == b.length {
		b.complete.Store(true)
	} else if err != nil {
		b.timedOut.Store(errors.Is(err, os.ErrDeadlineExceeded))
		b.broken.Store(true)
	}
	return n, err
}

// settleTime bounds the wait for a Read that has failed already.
const settleTime = 50 * time.Millisecond

// settle waits until a Read under way has said why it failed. A net/http server cancels
// the request's context before its Read returns the error, so that whoever waits for the
// context is the first to know.
func (b *requestBody) settle() {
	for end := time.Now().Add(settleTime); b.reads.Load() > 0 && time.Now().Before(end); {
		time.Sleep(settleTime / 100)
	}
}

func (b *requestBody) Close() error {
	b.closed.Store(true)
	return nil
}

// closeUnlessComplete prepares a response that comes before the end of the body, which
// may still be sent to the endpoint. The client need not send the rest, and the
// connection can carry no further request (RFC 9112 section 9.3).
func (b *requestBody) closeUnlessComplete(w http.ResponseWriter, in *http.Request) {
	if b != nil && !b.complete.Load() {
		httpx.CloseAfter(w, in)
	}
}

// discard prepares a refusal, after which the rest of the body is not needed. A small
// rest that has arrived is read, so that the connection can be kept; otherwise the
// connection closes after the response.
func (b *requestBody) discard(w http.ResponseWriter, in *http.Request) {
	if b != nil && !b.complete.Load() && !b.drainArrived(w, in) {
		httpx.CloseAfter(w, in)
	}
}

const (
	// maxDrainBytes is how much of a body is read and dropped to keep its connection.
	maxDrainBytes = 64 << 10
	// maxDrainTime bounds that reading. It is not long enough to wait for a client:
	// reading what has arrived takes microseconds.
	maxDrainTime = 5 * time.Millisecond
)

// drainArrived reads what has arrived of a small body, and reports whether that is all
// of it.
func (b *requestBody) drainArrived(w http.ResponseWriter, in *http.Request) bool {
	left := b.length - b.read.Load()
	if in.ProtoMajor != 1 || left > maxDrainBytes || awaitsContinue(in) {
		return false // or a Read would ask for the body
	}
	b.closed.Store(true)
	if b.broken.Load() || b.reads.Load() > 0 {
		return false // a transport waits for it
	}
	control := http.NewResponseController(w)
	if control.SetReadDeadline(time.Now().Add(maxDrainTime)) != nil {
		return false // it could take any time
	}
	n, err := io.CopyN(io.Discard, b.from, maxDrainBytes+1)
	if err != io.EOF || n > maxDrainBytes {
		return false
	}
	b.complete.Store(true)
	_ = control.SetReadDeadline(time.Time{})
	return true
}

// lingerTimeout bounds the wait for a client that, after its response, neither ends its
// body nor sends any of it.
const lingerTimeout = time.Second

// finish prepares the connection for its end, after a response that came before the
// end of the body. When the handler returns, net/http takes a body that a transport
// still reads for one that was read, and what follows for the next request; and it
// waits for a body that nobody has read. To avoid both, the body is closed here, after
// the response has been written. A stream of HTTP/2 ends by itself, and what is written last
// must be able to end it: the caller of a gRPC call without messages relies on that.
func (b *requestBody) finish(w http.ResponseWriter) {
	if b == nil {
		return
	}
	b.closed.Store(true)
	if b.complete.Load() || b.stream {
		return
	}
	control := http.NewResponseController(w)
	_ = control.Flush()
	_ = control.SetReadDeadline(time.Now().Add(lingerTimeout)) // no later request comes on this connection
	b.from.Close()
}
