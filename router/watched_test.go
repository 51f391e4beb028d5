package router

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/meshhop/meshhop/resolve"
)

// TestWatchedAfterClose: what is closed before it begins to watch watches nothing, applies
// nothing and leaves nothing behind.
func TestWatchedAfterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		observed := 0
		source := resolve.NewActivity(func(ctx context.Context, set func(resolve.State[int])) {
			observed++
			set(resolve.State[int]{Status: resolve.OK, Value: 1})
			<-ctx.Done()
			observed--
		})
		for _, closed := range []bool{false, true} {
			var w watched[int]
			applied := 0
			finish := func() {
				w.mu.Lock()
				end := w.close()
				w.mu.Unlock()
				end()
			}
			if closed {
				finish()
			}
			w.observe(w.begin(source, func(s resolve.State[int]) { applied += s.Value }))
			synctest.Wait()
			if want := map[bool]int{false: 1, true: 0}[closed]; applied != want || observed != want {
				t.Errorf("closed before: %v; applied %d, observed by %d", closed, applied, observed)
			}
			w.follow(source)
			finish()
			synctest.Wait()
			if observed != 0 {
				t.Errorf("closed before: %v; at the end it is observed", closed)
			}
		}
	})
}
