package h1

import (
	"os"
	"time"
)

// inputByReading is input for a connection that cannot be peeked at. After the end of the
// client's side nothing more is to be learned from reading.
func (w *watch) inputByReading(finished bool) (bool, error) {
	if finished {
		return false, w.sleep()
	}
	n, err := w.c.nc.Read(w.one[:])
	return n > 0, err
}

// sleep waits until the watching is stopped, for maxHalfClosed at most.
func (w *watch) sleep() error {
	late := time.AfterFunc(w.c.server.finish, func() {
		w.mu.Lock()
		w.slept = true
		w.change.Broadcast()
		w.mu.Unlock()
	})
	defer late.Stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	for !w.slept && !w.stopped {
		w.change.Wait()
	}
	return os.ErrDeadlineExceeded
}
