package k8s

import (
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/k8stest"
)

// TestForbiddenIsBounded: which namespaces are forbidden is known for a while and of a
// bounded number; those whose time is over make room first.
func TestForbiddenIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := NewClient(ClientConfig{Transport: new(k8stest.Server)})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		why := errors.New("forbidden")
		known := func(namespace int) bool { return !c.forbiddenUntil(strconv.Itoa(namespace)).IsZero() }
		for i := range maxForbidden {
			if i == 10 {
				time.Sleep(time.Minute)
			}
			c.forbid(strconv.Itoa(i), why)
		}
		c.forbid("0", why) // again, a minute later
		if !known(0) || !known(1) || !known(maxForbidden-1) || known(maxForbidden) || len(c.forbidden) != maxForbidden {
			t.Errorf("%d are known", len(c.forbidden))
		}
		time.Sleep(slicesAgain - time.Minute)
		c.forbid(strconv.Itoa(maxForbidden), why)
		if !known(0) || known(1) || known(9) || !known(10) || !known(maxForbidden) || len(c.forbidden) != maxForbidden-8 {
			t.Errorf("%d are known after the time of nine is over", len(c.forbidden))
		}
		for i := range 9 {
			c.forbid(strconv.Itoa(2*maxForbidden+i), why)
		}
		if n := len(c.forbidden); n != 1 {
			t.Errorf("%d are known when there was no room", n)
		}
		time.Sleep(slicesAgain)
		if known(2*maxForbidden + 8) {
			t.Error("one is known for ever")
		}
	})
}
