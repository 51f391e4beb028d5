package main

import (
	"errors"
	"net/http/httptest"
	"testing"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/router/stagetest"
)

func TestNamer(t *testing.T) {
	t.Setenv("MY_WEB_ADDRS", "127.0.0.1:8081 [::1]:8082")
	resolvetest.TestNamer(t, func(*testing.T) resolvetest.Subject {
		return resolvetest.Subject{Namer: env{"_ADDRS"}, Exists: resolve.MustPath("/my-web"), Missing: resolve.MustPath("/other")}
	})
}

func TestNamerOfNonsense(t *testing.T) {
	t.Setenv("WEB_ADDRS", "127.0.0.1")
	t.Setenv("HOME_ADDRS", "")
	for name, want := range map[string]resolve.State[resolve.Op]{
		"/web":     {Status: resolve.Failed},
		"/home":    {Status: resolve.OK, Value: resolve.Leaf}, // nobody is there
		"/WEB":     {Status: resolve.OK, Value: resolve.Neg},
		"/we%62/x": {Status: resolve.OK, Value: resolve.Neg},
		"/":        {Status: resolve.OK, Value: resolve.Neg},
	} {
		got := env{"_ADDRS"}.Lookup(resolve.MustPath(name)).Sample()
		if got.Status != want.Status || got.Value.Op != want.Value {
			t.Errorf("%s: %v %v, want %v %v", name, got.Status, got.Value.Op, want.Status, want.Value)
		}
	}
}

func TestIdentifier(t *testing.T) {
	r := httptest.NewRequest("GET", "http://Web/", nil)
	if _, err := (tenant{"X-Tenant"}).Identify(r); !errors.As(err, new(*router.UnidentifiedError)) {
		t.Errorf("without the header: %v", err)
	}
	r.Header.Set("X-Tenant", "ACME")
	if name, err := (tenant{"X-Tenant"}).Identify(r); err != nil || name.String() != "/acme/web" {
		t.Errorf("%s %v", name, err)
	}
}

func TestStage(t *testing.T) {
	stagetest.Run(t, func() router.Stage { return &limit{most: 1000} })
}
