package proxy

import (
	"errors"
	"io"
	"sync/atomic"
)

// requestBody is the body of an incoming request, lent to a transport. Closing
// it only ends the loan: net/http's server closes its body itself, after the
// answer has left, because closing may wait for the caller to send more.
type requestBody struct {
	from    io.Reader
	touched atomic.Bool // somebody asked for a byte
	closed  atomic.Bool
}

var errBodyClosed = errors.New("proxy: the request's body was read after the request was over")

func (b *requestBody) Read(p []byte) (int, error) {
	if b.closed.Load() {
		return 0, errBodyClosed
	}
	b.touched.Store(true)
	return b.from.Read(p)
}

func (b *requestBody) Close() error {
	b.closed.Store(true)
	return nil
}
