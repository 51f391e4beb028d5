package h2

import (
	"runtime"
	"time"

	"golang.org/x/net/http2/hpack"

	"github.com/meshhop/meshhop/internal/h2wire"
	"github.com/meshhop/meshhop/internal/httpx"
)

// writer gathers the frames of a connection and writes them. Whoever appends frames starts it
// if nobody writes. Frames that are appended while a write is under way leave with the next
// one. So the more there is to write, the more leaves at once, and an idle connection needs
// no goroutine. All is under conn.mu but the write itself.
type writer struct {
	c       *conn
	out     []byte // what is to be written next
	spare   []byte
	boxes   [2]*[]byte // in which out and spare go back to the pool
	writing bool       // a goroutine has taken it upon itself
	answers int        // answers to control frames in out
	encoder *hpack.Encoder
	window  h2wire.Window // for DATA of all streams
	initial int64         // of each stream
	frame   int           // how large a frame may be
	queue   queue         // streams that have data to send, and a window
	waiting int           // handlers that wait for out to become shorter
	lower   names         // in lower case
}

const (
	// outLimit is how much is gathered. Handlers that have more wait.
	outLimit = 64 << 10
	outSize  = 4 << 10
	// keepSize bounds the buffers that are kept for others.
	keepSize = 96 << 10
	// batchSize is how much is written at once although there may be more in a moment.
	batchSize = 2 << 10
	// maxAnswers bounds the answers to control frames that the peer does not read.
	maxAnswers = 1000
)

func (w *writer) init(c *conn) {
	w.c = c
	w.encoder = hpack.NewEncoder((*appender)(w))
	w.window, w.initial, w.frame = h2wire.DefaultWindow, h2wire.DefaultWindow, h2wire.MinMaxFrame
}

// appender appends what the encoder writes to out.
type appender writer

func (a *appender) Write(p []byte) (int, error) {
	a.out = append(a.out, p...)
	return len(p), nil
}

// room makes out a buffer if it is none.
func (w *writer) room() {
	if w.out == nil {
		w.out, w.boxes[0] = w.c.server.getOut()
	}
}

// startWriter has a goroutine write, if there is something to be written and nobody does.
func (w *writer) startWriter() {
	if w.takeWriter() {
		go w.write()
	}
}

// takeWriter reports whether the caller has to call write, without the lock.
func (w *writer) takeWriter() bool {
	if w.writing || len(w.out) == 0 && !w.sendable() || w.c.broken != nil {
		return false
	}
	w.writing = true
	return true
}

func (w *writer) sendable() bool { return w.queue.first != nil && w.window > 0 }

// write writes until there is nothing to be written.
func (w *writer) write() {
	c := w.c
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.broken == nil {
		if len(w.out) < batchSize && c.handlers > 0 {
			c.mu.Unlock()
			runtime.Gosched() // those that are about to write do so first
			c.mu.Lock()
		}
		w.fill()
		out := w.out
		if len(out) == 0 {
			break
		}
		w.out, w.spare, w.answers = w.spare[:0], nil, 0
		w.boxes[0], w.boxes[1] = w.boxes[1], w.boxes[0]
		c.writeSince = time.Now()
		c.mu.Unlock()
		_, err := c.nc.Write(out)
		c.mu.Lock()
		c.writeSince = time.Time{}
		if err != nil {
			c.breakOff(err)
		}
		if cap(out) <= keepSize {
			w.spare = out
		}
		w.wakeWaiting()
	}
	w.end()
}

// end ends the writing. The connection ends too if it was to, and all is written.
func (w *writer) end() {
	c := w.c
	w.writing = false
	c.server.putOut(w.out, w.boxes[0])
	c.server.putOut(w.spare, w.boxes[1])
	w.out, w.spare, w.boxes = nil, nil, [2]*[]byte{}
	c.endIfGone()
	c.settled.Broadcast()
}

// breakOff notes that the connection cannot be written, and ends the reading.
func (c *conn) breakOff(err error) {
	c.broken = err
	c.nc.Close()
	for _, st := range c.streams {
		st.lose(httpx.ClientLeft{})
	}
	c.wakeWaiting()
}

func (w *writer) wakeWaiting() {
	if w.waiting > 0 && (len(w.out) < outLimit || w.c.broken != nil) {
		for _, st := range w.c.streams {
			if st.waits {
				st.wake.Signal()
			}
		}
	}
}

// passed is a time in the past that is not the zero time.
func passed() time.Time { return time.Unix(1, 0) }

// answer counts an answer to a control frame that is appended to out.
func (w *writer) answer() error {
	if w.answers++; w.answers > maxAnswers {
		return h2wire.ConnFails(h2wire.EnhanceYourCalm, "%d control frames whose answers are not read", w.answers)
	}
	w.room()
	return nil
}

func (s *Server) getOut() ([]byte, *[]byte) {
	if box, ok := s.outs.Get().(*[]byte); ok {
		return *box, box
	}
	return make([]byte, 0, outSize), new([]byte)
}

func (s *Server) putOut(b []byte, box *[]byte) {
	if box != nil && cap(b) > 0 && cap(b) <= keepSize {
		*box = b[:0]
		s.outs.Put(box)
	}
}
