package app

import (
	"time"

	"github.com/meshhop/meshhop/trace"
)

// stallTime is how long the program waits for spans while none arrives at a collector.
// Without it a dead collector would keep a hop that is being replaced for the whole
// grace, in which nobody listens at its address any more.
const stallTime = 3 * time.Second

// whenStalled calls end if no span is settled for stallTime, until stop is called.
func whenStalled(spans map[string]func() trace.PipelineStats, end func()) (stop func()) {
	stopped := make(chan struct{})
	go func() {
		tick := time.NewTicker(stallTime)
		defer tick.Stop()
		for last := settled(spans); ; {
			select {
			case <-stopped:
				return
			case <-tick.C:
			}
			now := settled(spans)
			if now == last {
				end()
				return
			}
			last = now
		}
	}()
	return func() { close(stopped) }
}

// settled is how many spans have been sent or dropped.
func settled(spans map[string]func() trace.PipelineStats) (n uint64) {
	for _, stats := range spans {
		now := stats()
		n += now.Exported + now.Dropped.Total()
	}
	return n
}
