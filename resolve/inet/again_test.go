package inet_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/logtest"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/inet"
)

// That a host has addresses again is told to the log that was told that it had none.
func TestAHostIsFoundAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hosts{ips: map[string]string{}}
		var mu sync.Mutex
		var told []string
		n := newNamer(t, inet.Config{Resolver: h, ErrorLog: logtest.MessagesTo(func(text string) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, text)
		})})
		h.set("web", "", errors.New("server misbehaving"))
		defer addrOf(n, "/web/80").Observe(func(resolve.State[resolve.Replicas]) {})()
		time.Sleep(20 * time.Second)
		h.set("web", "10.0.0.1", nil)
		time.Sleep(time.Minute)
		mu.Lock()
		defer mu.Unlock()
		if want := []string{"looking up hosts", "a host has addresses again"}; !slices.Equal(told, want) {
			t.Errorf("%q, want %q", told, want)
		}
	})
}
