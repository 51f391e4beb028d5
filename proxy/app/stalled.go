package app

import (
	"time"

	"github.com/meshhop/meshhop/proxy/config"
)

// stallTime is how long the program waits for spans while none arrives. Without it a
// dead collector would keep a hop that is being replaced for the whole grace, when
// nobody listens at its address any more.
const stallTime = 3 * time.Second

// whenStalled calls end if for stallTime no span is settled, until stop is called.
func whenStalled(pipelines []config.Pipeline, end func()) (stop func()) {
	stopped := make(chan struct{})
	go func() {
		tick := time.NewTicker(stallTime)
		defer tick.Stop()
		for last := settled(pipelines); ; {
			select {
			case <-stopped:
				return
			case <-tick.C:
			}
			now := settled(pipelines)
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
func settled(pipelines []config.Pipeline) (spans uint64) {
	for _, p := range pipelines {
		stats := p.Stats()
		spans += stats.Exported + stats.Dropped.Total()
	}
	return spans
}
