package routetest_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// failing is a test that is expected to fail.
type failing struct {
	testing.TB
	text strings.Builder
}

func (f *failing) Errorf(format string, args ...any) { fmt.Fprintf(&f.text, format+"\n", args...) }

func (f *failing) Fatalf(format string, args ...any) {
	f.Errorf(format, args...)
	runtime.Goexit()
}

// failure is what a test that must fail says.
func failure(t *testing.T, do func(testing.TB)) string {
	t.Helper()
	f := &failing{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		do(f)
	}()
	<-done
	if f.text.Len() == 0 {
		t.Error("it did not fail")
	}
	return f.text.String()
}

// printing runs the body of a test within an example, which has no testing.TB;
// it prints what fails.
func printing(test func(testing.TB)) {
	t := new(inExample)
	defer func() {
		for _, f := range slices.Backward(t.cleanups) {
			f()
		}
	}()
	test(t)
}

type inExample struct {
	testing.TB
	cleanups []func()
}

func (*inExample) Helper()                   {}
func (t *inExample) Cleanup(f func())        { t.cleanups = append(t.cleanups, f) }
func (*inExample) Errorf(f string, a ...any) { fmt.Printf(f+"\n", a...) }
func (*inExample) Fatalf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }
