package fs

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/resolve"
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

// TestNothingIsKeptOfWhatNobodyFollows: of directories that nobody follows any more nothing
// is watched or remembered.
func TestNothingIsKeptOfWhatNobodyFollows(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "web"), []byte("127.1 1"), 0o644); err != nil {
		t.Fatal(err)
	}
	n, err := New(Config{RootDir: root})
	if err != nil {
		t.Fatal(err)
	}
	name := n.Lookup(resolve.MustPath("/web"))
	stop := name.Observe(func(resolve.State[resolve.NameTree[resolve.Name]]) {})
	if _, err := name.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	n.watchMu.Lock()
	if len(n.watched) == 0 {
		t.Error("nothing is watched")
	}
	n.watchMu.Unlock()
	stop()
	if err := n.Close(); err != nil { // it waits for what is observed
		t.Fatal(err)
	}
	if len(n.watched) != 0 || len(n.history) != 0 || len(n.subs) != 0 || len(n.entries) != 0 {
		t.Errorf("%d directories are watched, %d remembered, for %d names and %d entries", len(n.watched), len(n.history), len(n.subs), len(n.entries))
	}
}
