package resolve

import "sync"

// coalescer runs a function at least once after each trigger, and once for a burst of
// triggers: in the goroutine that triggers, or once more in the one that is running it.
type coalescer struct {
	run   func() // called by one goroutine at a time and with no lock held
	final func() // called once, after the last run

	mu       sync.Mutex
	running  bool // a goroutine is in trigger's loop
	dirty    bool // that goroutine must call run once more
	closed   bool
	finished bool // final was called
}

func (c *coalescer) trigger() {
	c.mu.Lock()
	c.dirty = true
	if c.running || c.closed {
		c.mu.Unlock()
		return
	}
	c.running = true
	for c.dirty && !c.closed {
		c.dirty = false
		c.mu.Unlock()
		c.run()
		c.mu.Lock()
	}
	c.running = false
	c.finishIfIdle()
}

// close prevents further runs and calls final: here, or in the goroutine that is
// running.
func (c *coalescer) close() {
	c.mu.Lock()
	c.closed = true
	c.finishIfIdle()
}

// finishIfIdle is called with the lock held and releases it.
func (c *coalescer) finishIfIdle() {
	finish := c.closed && !c.running && !c.finished
	c.finished = c.finished || finish
	c.mu.Unlock()
	if finish {
		c.final()
	}
}
