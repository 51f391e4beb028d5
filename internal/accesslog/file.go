package accesslog

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/internal/trouble"
)

const (
	// maxQueued and maxQueuedBytes bound the lines that wait to be written.
	maxQueued      = 4096
	maxQueuedBytes = 8 << 20
	// maxSpare bounds the memory that is kept for the next ones.
	maxSpare = 3 << 20
	// gather is how long lines wait for others, so that they are written together, and
	// enough is how many bytes of them need not wait: they are still in a processor's cache.
	gather = 20 * time.Millisecond
	enough = 64 << 10
	// maxWrite is how much is written at once, if no line is longer.
	maxWrite = 256 << 10
	// lastWrite is how long closing waits at least.
	lastWrite = 100 * time.Millisecond
)

// file is one file with the lines that wait for it, and the goroutine that writes them.
// It may serve several logs.
type file struct {
	path     string
	errorLog *slog.Logger

	mu       sync.Mutex
	queue    []byte      // whole lines
	lines    int         // their number
	config   *FileConfig // to be taken over; nil: none
	reopen   bool
	closing  bool
	users    int           // under the mutex of Files
	wake     chan struct{} // there is something to do
	overflow chan struct{} // lines were dropped
	done     chan struct{} // the goroutines have ended

	written, full, failed atomic.Uint64 // lines
	lost                  trouble.Trouble
}

// start has the lines written to an open file from now on.
func start(s *sink, errorLog *slog.Logger) *file {
	f := &file{
		path: s.config.Path, errorLog: errorLog, queue: make([]byte, 0, 2*enough),
		wake: make(chan struct{}, 1), overflow: make(chan struct{}, 1), done: make(chan struct{}),
	}
	told := make(chan struct{})
	go func() {
		defer close(told)
		f.tell()
	}()
	go func() {
		defer close(f.done)
		f.run(s)
		close(f.overflow)
		<-told
	}()
	return f
}

// add queues a line, or drops it. It waits for nothing but the lock of the queue, under
// which nobody does more than copy.
func (f *file) add(line []byte) {
	f.mu.Lock()
	if f.closing || f.lines == maxQueued || len(f.queue)+len(line) > maxQueuedBytes {
		f.full.Add(1)
		if !f.closing {
			signal(f.overflow)
		}
		f.mu.Unlock()
		return
	}
	before := len(f.queue)
	f.queue = append(f.queue, line...)
	f.lines++
	due := before == 0 || before < enough && len(f.queue) >= enough
	f.mu.Unlock()
	if due {
		signal(f.wake)
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// change has the goroutine take notice of something.
func (f *file) change(what func()) {
	f.mu.Lock()
	what()
	f.mu.Unlock()
	signal(f.wake)
}

// close has the rest of the lines written, until ctx is done; what is left then is
// dropped. A write that hangs may end later.
func (f *file) close(ctx context.Context) error {
	f.change(func() { f.closing = true })
	select {
	case <-f.done:
		return nil
	case <-ctx.Done():
	}
	// One that has no time left still gets what an idle disk needs.
	last := time.NewTimer(lastWrite)
	defer last.Stop()
	select {
	case <-f.done:
		return nil
	case <-last.C:
	}
	f.mu.Lock()
	f.full.Add(uint64(f.lines))
	f.queue, f.lines = nil, 0
	f.mu.Unlock()
	return &CloseError{f.path, ctx.Err()}
}

// A CloseError says that lines could not be written before the end.
type CloseError struct {
	Path string
	Err  error
}

func (e *CloseError) Error() string {
	return "access log " + e.Path + ": lines are lost: " + e.Err.Error()
}

// Unwrap returns the reason.
func (e *CloseError) Unwrap() error { return e.Err }

// run writes what is queued, until the file is closed.
func (f *file) run(s *sink) {
	defer s.close()
	w := writer{s, f}
	pause := time.NewTimer(0)
	defer pause.Stop()
	<-pause.C
	spare := make([]byte, 0, 2*enough)
	for {
		<-f.wake
		if !f.isClosing() {
			pause.Reset(gather)
			select {
			case <-pause.C:
			case <-f.wake: // a change, or lines enough
				pause.Stop()
			}
		}
		before := f.dropped()
		f.mu.Lock()
		batch, lines := f.queue, f.lines
		f.queue, f.lines = spare[:0], 0
		config, reopen, closing := f.config, f.reopen, f.closing
		f.config, f.reopen = nil, false
		f.mu.Unlock()
		w.write(batch, lines)
		if config != nil {
			s.configure(*config)
		}
		if reopen {
			s.reopen()
		}
		if closing {
			return
		}
		if lines > 0 && f.dropped() == before {
			f.recovered()
		}
		if spare = batch; cap(spare) > maxSpare {
			spare = nil
		}
	}
}

func (f *file) isClosing() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.closing
}

// tell tells the log of lines that are dropped, until overflow is closed. The goroutine
// that writes cannot: it may hang in a write.
func (f *file) tell() {
	var told uint64
	for range f.overflow {
		now := f.full.Load()
		if n, ok := f.lost.Happened(now - told); ok {
			f.errorLog.Error("lines of an access log are dropped: they are not written fast enough", "file", f.path, "lines", n)
		}
		told = now
	}
}

func (f *file) recovered() {
	if n, lasted, ok := f.lost.Over(); ok {
		f.errorLog.Info("all lines of an access log are written again", "file", f.path, "dropped", n, "after", lasted)
	}
}

// dropped is how many lines were not written.
func (f *file) dropped() uint64 { return f.full.Load() + f.failed.Load() }

// unwritten notes lines that could not be written.
func (f *file) unwritten(lines uint64, err error) {
	f.failed.Add(lines)
	if n, ok := f.lost.Happened(lines); ok {
		f.errorLog.Error("lines of an access log are dropped: writing them failed", "file", f.path, "lines", n, "error", err)
	}
}
