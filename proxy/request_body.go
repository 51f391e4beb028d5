package proxy

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"
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
	closed   atomic.Bool
}

var errBodyClosed = errors.New("proxy: the request's body was read after the request was over")

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
		b.broken.Store(true)
	}
	return n, err
}

func (b *requestBody) Close() error {
	b.closed.Store(true)
	return nil
}

// giveUp prepares an answer that comes before the end of the body. What is
// left of the body is not wanted: the caller need not send it, and nothing
// else can come on this connection (RFC 9112 section 9.3).
func (b *requestBody) giveUp(w http.ResponseWriter, in *http.Request) {
	if b != nil && !b.ended.Load() {
		closeAfter(w, in)
	}
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

// closeAfter has the connection closed after the answer. Over HTTP/2, where
// only a stream ends, the header would end all the others, too.
func closeAfter(w http.ResponseWriter, in *http.Request) {
	if in.ProtoMajor == 1 {
		w.Header()["Connection"] = []string{"close"}
	}
}
