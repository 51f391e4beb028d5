package h2_test

import (
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/meshhop/meshhop/internal/h2wire"
	"github.com/meshhop/meshhop/proxy/internal/h2"
)

// TestResetWhileQueued: a response that waits for the window of the connection when its
// stream is reset leaves nothing behind, although the window stays closed.
func TestResetWhileQueued(t *testing.T) {
	const requests = 50
	var collected atomic.Int32
	gone := make(chan struct{}, requests)
	addr, _ := start(t, h2.Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		runtime.AddCleanup(r, func(int) { collected.Add(1) }, 0)
		if _, err := w.Write(make([]byte, 100<<10)); err == nil {
			t.Error("more was sent than the window allows")
		}
		gone <- struct{}{}
	})})
	p := newPeer(t, addr).begin(h2wire.Setting{ID: h2wire.InitialWindowSize, Value: 1 << 20})
	for i := range uint32(requests) {
		p.send(p.request(2*i+1, get, "/", true))
		p.sync("requests")
		p.lines[0] = nil
		p.send(h2wire.AppendReset(nil, 2*i+1, h2wire.Cancel))
		<-gone
	}
	for i := 0; collected.Load() < requests-2; i++ {
		runtime.GC()
		runtime.Gosched()
		if i == 2000 {
			t.Fatalf("%d of %d requests are still referred to", requests-collected.Load(), requests)
		}
	}
}
