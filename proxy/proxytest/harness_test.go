package proxytest_test

import (
	"log"
	"slices"
	"testing"
)

// run runs the body of a test within an example, which has no testing.TB.
func run(test func(testing.TB)) {
	t := new(inExample)
	defer t.end()
	test(t)
}

type inExample struct {
	testing.TB
	cleanups []func()
}

func (*inExample) Helper()                   {}
func (t *inExample) Cleanup(f func())        { t.cleanups = append(t.cleanups, f) }
func (*inExample) Fatal(args ...any)         { log.Panic(args...) }
func (*inExample) Fatalf(f string, a ...any) { log.Panicf(f, a...) }
func (*inExample) Errorf(f string, a ...any) { log.Panicf(f, a...) }

func (t *inExample) end() {
	for _, f := range slices.Backward(t.cleanups) {
		f()
	}
}
