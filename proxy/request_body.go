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

// requestBody is the body of an incoming request, lent to a transport. Closing
// it ends the loan and no more: closing the server's own body may wait for the
// caller to send, and the answer goes first.
type requestBody struct {
	from   io.ReadCloser
	length int64     // -1: not known
	inform *informer // asked before a byte is read; nil: the caller waits for nothing
	// trailers are passed on when the body has ended; nil: there are none.
	trailers *trailers
	read     atomic.Int64
	ended    atomic.Bool // all of it was read
	broken   atomic.Bool // it did not come as it should have
	late     atomic.Bool // or too slowly
	closed   atomic.Bool
	reads    atomic.Int32 // under way
}

var errBodyClosed = errors.New("proxy: the request body was read after the request had ended")

// borrow takes the request's body, from before anything is answered; nil if
// there is none. Who borrows it must finish it.
func borrow(w http.ResponseWriter, in *http.Request) *requestBody {
	if in.ContentLength == 0 {
		return nil
	}
	// The answer may begin while the body is still coming. A writer that
	// is not net/http's HTTP/1 one cannot be told, and needs not.
	_ = http.NewResponseController(w).EnableFullDuplex()
	return &requestBody{from: in.Body, length: in.ContentLength}
}

func (b *requestBody) Read(p []byte) (int, error) {
	b.reads.Add(1)
	n, err := b.readOn(p)
	b.reads.Add(-1)
	return n, err
}

func (b *requestBody) readOn(p []byte) (int, error) {
	if b.closed.Load() || b.inform != nil && !b.inform.proceed() {
		return 0, errBodyClosed
	}
	n, err := b.from.Read(p)
	if err == io.EOF {
		b.trailers.take()
	}
	if read := b.read.Add(int64(n)); err == io.EOF || read == b.length {
		b.ended.Store(true)
	} else if err != nil {
		b.late.Store(errors.Is(err, os.ErrDeadlineExceeded))
		b.broken.Store(true)
	}
	return n, err
}

func (b *requestBody) Close() error {
	b.closed.Store(true)
	return nil
}

// overtaken prepares an answer that comes before the end of the body, which may
// go on to the replica meanwhile. The caller need not send the rest, and nothing
// else can come on this connection (RFC 9112 section 9.3).
func (b *requestBody) overtaken(w http.ResponseWriter, in *http.Request) {
	if b != nil && !b.ended.Load() {
		httpx.CloseAfter(w, in)
	}
}

// giveUp prepares a refusal: nobody wants what is left of the body. If it is here
// already it is read, so that the connection can be kept.
func (b *requestBody) giveUp(w http.ResponseWriter, in *http.Request) {
	if b != nil && !b.ended.Load() && !b.arrived(w, in) {
		httpx.CloseAfter(w, in)
	}
}

const (
	// arrivedBytes is how much of a body that nobody wants is read to keep its
	// connection.
	arrivedBytes = 64 << 10
	// arrivedWait is what that may take. It is no time to wait for a caller: to
	// look into the socket takes a microsecond, and reading goes on as long as
	// something is there.
	arrivedWait = 5 * time.Millisecond
)

// arrived reads what is left of a small body that has come, and says whether
// that is the end of it.
func (b *requestBody) arrived(w http.ResponseWriter, in *http.Request) bool {
	left := b.length - b.read.Load()
	if in.ProtoMajor != 1 || left > arrivedBytes || awaitsContinue(in) {
		return false // or a Read would ask for the body
	}
	b.closed.Store(true)
	if b.broken.Load() || b.reads.Load() > 0 {
		return false // a transport waits for it
	}
	control := http.NewResponseController(w)
	if control.SetReadDeadline(time.Now().Add(arrivedWait)) != nil {
		return false // it could take any time
	}
	n, err := io.CopyN(io.Discard, b.from, arrivedBytes+1)
	if err != io.EOF || n > arrivedBytes {
		return false
	}
	b.ended.Store(true)
	_ = control.SetReadDeadline(time.Time{})
	return true
}

// lingerTimeout bounds the wait for a caller that neither ends its body nor
// sends any of it after it was answered.
const lingerTimeout = time.Second

// finish makes the connection fit for its end after an answer that came before
// the end of the body. The server takes a body that a transport still reads
// when the handler returns for one that was read, and what follows for the
// next request, and waits for one that nobody read; so both end here, after
// the answer has left.
func (b *requestBody) finish(w http.ResponseWriter) {
	if b == nil {
		return
	}
	b.closed.Store(true)
	if b.ended.Load() {
		return
	}
	control := http.NewResponseController(w)
	_ = control.Flush()
	_ = control.SetReadDeadline(time.Now().Add(lingerTimeout)) // the connection closes, no later request is concerned
	b.from.Close()
}
