package serve_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/meshhop/meshhop/proxy/internal/servetest"
	"github.com/meshhop/meshhop/proxy/serve"
)

// drains is a handler with a method Drain. Each request waits for release.
type drains struct {
	told    atomic.Int32
	release chan struct{}
}

func (d *drains) Drain()                                       { d.told.Add(1) }
func (d *drains) ServeHTTP(http.ResponseWriter, *http.Request) { <-d.release }

// TestDrainTellsHandlers: Drain is called once on each handler: also on one that was
// replaced and still has a request, and on one that is set during the drain.
func TestDrainTellsHandlers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := servetest.NewNetwork()
		release := make(chan struct{})
		old, current, next := &drains{release: release}, &drains{release: release}, &drains{release: release}
		s := newServer(old, serve.Config{})
		served := make(chan error, 1)
		go func() { served <- s.Serve(network) }()
		near, _ := network.Dial()
		defer near.Close()
		if _, err := near.Write([]byte(servetest.Get)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		s.Replace(current)
		over := make(chan error, 1)
		go func() { over <- s.Shutdown(t.Context()) }()
		synctest.Wait()
		s.Replace(next)
		for name, d := range map[string]*drains{"the replaced handler": old, "the current one": current, "the next one": next} {
			if n := d.told.Load(); n != 1 {
				t.Errorf("%s was told %d times", name, n)
			}
		}
		close(release)
		go near.Read(make([]byte, 1000))
		if err := <-over; err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}
