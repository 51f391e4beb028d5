package fs_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/fs"
)

// Whatever happens to the files, who observes ends with what is there.
func TestChurn(t *testing.T) {
	d := newDir(t, fs.Config{Refresh: time.Hour, ErrorLog: slog.New(slog.DiscardHandler)})
	var views []*view
	names := []string{"a", "b", "sub/a", "sub/b"}
	for range 4 {
		for _, name := range names {
			views = append(views, look(t, d, "/"+name))
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range 200 {
			// Each of these may find that another was faster.
			name := d.in(names[i%2])
			switch i % 5 {
			case 0, 1:
				_ = os.WriteFile(name, fmt.Appendf(nil, "127.1 %d", i+1), 0o644)
			case 2:
				_ = os.Remove(name)
			case 3:
				_ = os.WriteFile(d.in("tmp"), fmt.Appendf(nil, "127.1 %d", i+1), 0o644)
				_ = os.Rename(d.in("tmp"), name)
			case 4:
				_ = os.Mkdir(name, 0o755)
				_ = os.Remove(name)
			}
		}
	})
	wg.Go(func() {
		for i := range 50 {
			_ = os.Mkdir(d.in("sub"), 0o755)
			_ = os.WriteFile(d.in(names[2+i%2]), fmt.Appendf(nil, "127.1 %d", i+1), 0o644)
			if i%3 == 0 {
				_ = os.Rename(d.in("sub"), d.in("gone"))
			}
			_ = os.RemoveAll(d.in("gone"))
			if i%5 == 0 {
				_ = os.RemoveAll(d.in("sub"))
			}
		}
	})
	wg.Go(func() {
		for i := range 100 {
			a := d.Lookup(resolve.MustPath("/" + names[i%4]))
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			_, _ = a.Wait(ctx)
			cancel()
		}
	})
	wg.Wait()
	d.mkdir("sub")
	for i, name := range names {
		d.remove(name)
		d.write(name, fmt.Sprintf("127.1 %d", 5000+i))
	}
	for i, v := range views {
		v.await("/"+names[i%4]+" /", fmt.Sprintf("127.0.0.1:%d*1", 5000+i%4))
	}
}
