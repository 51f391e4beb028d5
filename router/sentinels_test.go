package router_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

func is(err, target error) bool { return errors.Is(err, target) }

// TestSentinels: an error is the one of its kind and no other, wrapped or not, and
// so is what it was caused by.
func TestSentinels(t *testing.T) {
	all := []error{
		router.UnsupportedScheme, router.InvalidDtab, router.Unidentified, router.Looped, router.StageFailed, router.BindingFailed, router.BindingTimeout, router.Forbidden, router.NoReplicas,
		router.ConnectFailed, router.RequestFailed, router.Nacked, router.AttemptTimeout, router.TotalTimeout,
		router.ServerTimeout, router.DeadlineExceeded, router.Canceled, router.Closed,
	}
	for i, sentinel := range all {
		err := error(&router.Error{Kind: router.UnsupportedScheme + router.Kind(i), Err: errTest})
		for j, other := range all {
			if got := errors.Is(fmt.Errorf("above: %w", err), other); got != (i == j) {
				t.Errorf("%v is %v: %v", err, other, got)
			}
		}
		if !errors.Is(err, errTest) || errors.Is(sentinel, errTest) {
			t.Errorf("%v is not what caused it", err)
		}
	}
	if len(all) != int(router.Closed) {
		t.Errorf("%d sentinels for %d kinds", len(all), router.Closed)
	}
}

// TestErrorsAre has real requests fail.
func TestErrorsAre(t *testing.T) {
	f := start(t)
	f.names.Bind("/web", "10.0.0.1:80")
	f.names.Bind("/empty")
	f.names.Fail("/failing", errTest)
	f.names.Stall("/pending")
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for _, row := range []struct {
		host, dtab string
		ctx        context.Context
		want       error
	}{
		{"nobody", "", t.Context(), router.NoReplicas},
		{"empty", "", t.Context(), router.NoReplicas},
		{"failing", "", t.Context(), router.BindingFailed},
		{"failing", "", t.Context(), errTest},
		{"web", "?", t.Context(), router.InvalidDtab},
		{"pending", "", gone, router.Canceled},
		{"pending", "", gone, context.Canceled},
	} {
		r := request(t, row.host).WithContext(row.ctx)
		if row.dtab != "" {
			r.Header.Set("l5d-dtab", row.dtab)
		}
		if _, err := f.ask(r); !errors.Is(err, row.want) {
			t.Errorf("%s %s: %v, want %v", row.host, row.dtab, err, row.want)
		}
	}
	f.Close()
	if _, err := f.ask(request(t, "web")); !errors.Is(err, router.Closed) {
		t.Errorf("%v", err)
	}
}

func ExampleError_Is() {
	in, err := resolve.New(resolve.Config{})
	if err != nil {
		panic(err)
	}
	r, err := router.New(router.Config{Interpreter: in})
	if err != nil {
		panic(err)
	}
	defer r.Close()
	_, err = r.RoundTrip(httptest.NewRequest("GET", "http://web/", nil))
	switch {
	case errors.Is(err, router.NoReplicas):
		fmt.Println("nobody is there")
	case errors.Is(err, router.ConnectFailed):
		fmt.Println("somebody is there, and takes no connections")
	}
	// Output: nobody is there
}
