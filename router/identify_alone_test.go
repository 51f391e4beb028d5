package router_test

import (
	"errors"
	"testing"

	"github.com/meshhop/meshhop/router"
)

// TestIdentify: a router says what it would call a request, or why it has no name.
func TestIdentify(t *testing.T) {
	f := start(t)
	if name, err := f.View().Identify(request(t, "web")); err != nil || name.String() != "/svc/web" {
		t.Errorf("%s, %v", name, err)
	}
	var declined *router.UnidentifiedError
	if name, err := f.View().Identify(request(t, "")); !errors.As(err, &declined) || !name.IsEmpty() {
		t.Errorf("a request without a host: %s, %v", name, err)
	}
	f.isUntouched(t)
}
