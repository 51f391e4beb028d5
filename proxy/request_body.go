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
	length int64 // -1: not known
	read   atomic.Int64
	lent   atomic.Bool // somebody asked for a byte
	ended  atomic.Bool // all of it was read
	closed atomic.Bool
}

var errBodyClosed = errors.New("proxy: the request's body was read after the request was over")

func (b *requestBody) Read(p []byte) (int, error) {
	if b.closed.Load() {
		return 0, errBodyClosed
	}
	b.lent.Store(true)
	n, err := b.from.Read(p)
	if read := b.read.Add(int64(n)); err == io.EOF || read == b.length {
		b.ended.Store(true)
	}
	return n, err
}

func (b *requestBody) Close() error {
	b.closed.Store(true)
	return nil
}

// lingerTimeout bounds the wait for a caller that neither ends its body nor
// sends any of it after it was answered.
const lingerTimeout = time.Second

// finish makes the connection fit for its end after an answer that came before
// the end of the body. The server takes a body that a transport still reads
// when the handler returns for one that was read, and what follows for the
// next request; so that read ends here, after the answer has left.
func (b *requestBody) finish(w http.ResponseWriter) {
	b.closed.Store(true)
	if b.ended.Load() || !b.lent.Load() {
		return
	}
	control := http.NewResponseController(w)
	_ = control.Flush()
	_ = control.SetReadDeadline(time.Now().Add(lingerTimeout)) // the connection closes, no later request is concerned
	b.from.Close()
}
