package dnssrv_test

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/logtest"
	"github.com/meshhop/meshhop/resolve/dnssrv"
)

// TestANameIsFoundAgain: the log that was told of a failure is told of its end.
func TestANameIsFoundAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScripted()
		var mu sync.Mutex
		var told []string
		n := newNamer(t, dnssrv.Config{Exchanger: s, ErrorLog: logtest.MessagesTo(func(text string) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, text)
		})})
		s.breaks(errors.New("broken"), false)
		w := observe(n, "/web.")
		defer w.stop()
		time.Sleep(2 * time.Minute)
		s.breaks(nil, false)
		s.set("web.", "web. 20 SRV 1 1 80 a.", "a. 60 A 10.0.0.1")
		time.Sleep(time.Minute)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		// A look-up is tried again after random times, so that the third minute may have begun.
		last := len(told) - 1
		if last < 2 || last > 3 || told[last] != "SRV records are found again" {
			t.Errorf("%q", told)
		}
		for _, text := range told[:max(last, 0)] {
			if text != "looking up SRV records" {
				t.Errorf("%q", told)
			}
		}
	})
}
