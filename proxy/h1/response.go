package h1

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/meshhop/meshhop/internal/h1wire"
)

// response is the http.ResponseWriter of a request. What it writes goes through buffers.out;
// a body is held back up to holdSize, so that a small one gets a Content-Length and leaves
// with its head in one write.
type response struct {
	c      *conn
	x      *exchange
	header http.Header
	status int // 0: not decided

	// What the request says.
	keepAlive10 bool // an HTTP/1.0 client wants to keep the connection
	toHead      bool

	said       saidByHandler
	length     int64 // of the body, as the handler has said; -1: it has not
	written    int64
	trailers   []string // names of declared trailers
	chunked    bool
	committed  bool // the head is in out
	close      bool // the connection closes after this response
	fullDuplex bool
	hijacked   bool
	deadlines  bool  // the handler has set some
	err        error // of the first write that failed

	pieces   [2][]byte // that are written together
	gathered net.Buffers

	mayContinue atomic.Bool // 100 Continue is sent at the first Read of the body
	interim     sync.Mutex  // is held while a 1xx response is written
	over        atomic.Bool // the handler has returned
}

// saidByHandler is what the handler's header says of fields that are written later.
type saidByHandler struct {
	connection      []string
	coding          string // Transfer-Encoding
	contentType     bool   // it is set, perhaps to nothing
	contentEncoding bool
	date            bool
	trailers        bool
	close           bool // Connection has the token
}

func (w *response) begin(c *conn, x *exchange, f *h1wire.Framing) {
	w.c, w.x = c, x
	w.length = -1
	w.keepAlive10 = x.req.ProtoMinor == 0 && f.KeepAlive && !f.Close
	w.toHead = x.req.Method == http.MethodHead
	// With both, another recipient could use the other one.
	w.close = x.req.Close || f.Chunked && f.Length >= 0
}

// Header returns the header of the response. Changes after WriteHeader have no effect but
// on trailers.
func (w *response) Header() http.Header {
	if w.header == nil {
		w.header = make(http.Header)
	}
	return w.header
}

// WriteHeader decides the status. A status of 1xx other than 101 is sent at once, and
// another one may follow.
func (w *response) WriteHeader(status int) {
	switch {
	case w.over.Load() || w.hijacked:
		w.mistake("WriteHeader after the end of the request")
		return
	case w.status != 0:
		w.mistake(fmt.Sprintf("superfluous WriteHeader(%d) after %d", status, w.status))
		return
	case status < 100 || status > 999:
		panic(fmt.Sprintf("invalid WriteHeader code %v", status))
	case status < 200 && status != http.StatusSwitchingProtocols:
		w.sendInterim(status)
		return
	}
	w.forbidContinue()
	w.status = status
	w.startHead()
}

// mistake tells the log of a handler's mistake.
func (w *response) mistake(what string) { w.x.ctx.c.server.tell("mistake of a handler: " + what) }

// sendInterim sends a 1xx response.
func (w *response) sendInterim(status int) {
	w.interim.Lock()
	defer w.interim.Unlock()
	if status == http.StatusContinue {
		w.mayContinue.Store(false)
	}
	if w.x.req.ProtoMinor == 0 {
		return // such clients would take it for the response
	}
	out := appendStatusLine(nil, 1, status)
	for name, values := range w.header {
		if fieldOf(name) == ownField || len(name) > len(http.TrailerPrefix) && name[:len(http.TrailerPrefix)] == http.TrailerPrefix {
			continue
		}
		for _, value := range values {
			out = appendField(out, name, value)
		}
	}
	w.writeOut(append(out, "\r\n"...))
}

// sendContinue sends 100 Continue, unless a final response has begun.
func (w *response) sendContinue() {
	w.interim.Lock()
	defer w.interim.Unlock()
	if w.mayContinue.CompareAndSwap(true, false) {
		w.writeOut([]byte("HTTP/1.1 100 Continue\r\n\r\n"))
	}
}

// forbidContinue waits until a 100 Continue that is being written was written, and makes
// none be written from now on.
func (w *response) forbidContinue() {
	if w.x.body.expected {
		w.interim.Lock()
		w.mayContinue.Store(false)
		w.interim.Unlock()
	}
}

func appendStatusLine(out []byte, minor, status int) []byte {
	out = append(out, "HTTP/1."...)
	out = append(strconv.AppendInt(out, int64(minor), 10), ' ')
	out = append(strconv.AppendInt(out, int64(status), 10), ' ')
	if text := http.StatusText(status); text != "" {
		out = append(out, text...)
	} else {
		out = strconv.AppendInt(append(out, "status code "...), int64(status), 10)
	}
	return append(out, "\r\n"...)
}
