package fs

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestKeepWaits: a file that keeps changing is used all the same before long, and one that
// is empty is waited for longer, because its writer has most likely just cut it.
func TestKeepWaits(t *testing.T) {
	after := func(text string) (waited time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			w := &watcher{subs: map[*sub]struct{}{}}
			start := time.Now()
			w.keep(ctx, func(*sub, content) (content, bool) { return content{read: true, text: text}, true }, func(content) {
				waited = time.Since(start)
				cancel()
			})
		})
		return waited
	}
	if waited := after("127.1 1"); waited <= settle || waited > maxBurst {
		t.Errorf("a file that changes is used after %v", waited)
	}
	if waited := after(""); waited < emptied || waited > 2*emptied {
		t.Errorf("an empty file is used after %v", waited)
	}
}
