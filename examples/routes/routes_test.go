package routes_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/examples/routes"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// snippet: routes

func TestRoutes(t *testing.T) {
	var names resolvetest.Namer // knows what a test tells it
	names.Bind("/web", "web-1:80")
	names.Bind("/web-canary", "canary-1:80")
	names.Bind("/checkout-v1", "old-1:80")
	shop := start(t, &names)
	for _, test := range []struct{ dtab, host, bound, endpoint string }{
		{"", "web", "/#/shop/web", "web-1:80"},
		{"/svc/web => /#/shop/web-canary", "web", "/#/shop/web-canary", "canary-1:80"}, // the request's own l5d-dtab
		{"", "checkout", "/#/shop/checkout-v1", "old-1:80"},                            // there is no v2
		{"/#/shop/checkout-v2 => /#/shop/web", "checkout", "/#/shop/web", "web-1:80"},  // now there is
	} {
		bound, endpoint, err := ask(t, shop, test.dtab, test.host)
		if err != nil || bound != test.bound || endpoint != test.endpoint {
			t.Errorf("%s with %q leads to %s at %s (%v)", test.host, test.dtab, bound, endpoint, err)
		}
	}
}

// end snippet

// start makes the shop's router, with canned replicas.
func start(t *testing.T, names resolve.Namer) *router.Router {
	t.Helper()
	shop, err := routes.New(names, canned)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := shop.Close(); err != nil {
			t.Error(err)
		}
	})
	return shop
}

// canned is a replica that answers with its address and with the name under
// which the request came.
func canned(a resolve.Address) http.RoundTripper {
	endpoint := fmt.Sprintf("%s:%d", a.Host, a.AddrPort.Port())
	return transport(func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: http.StatusOK,
			Header:     http.Header{"Bound": r.Header[ctxhdr.DstClientName], "Endpoint": {endpoint}},
			Body:       http.NoBody,
		}, nil
	})
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// ask sends a request with a dtab of its own and returns where it went.
func ask(t *testing.T, shop *router.Router, dtab, host string) (bound, endpoint string, err error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+host+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if dtab != "" {
		r.Header.Set(ctxhdr.DtabName, dtab)
	}
	resp, err := shop.RoundTrip(r)
	if err != nil {
		return "", "", err
	}
	resp.Body.Close()
	return resp.Header.Get("Bound"), resp.Header.Get("Endpoint"), nil
}

// What names mean may change while the router runs.
func TestRelease(t *testing.T) {
	var names resolvetest.Namer
	names.Bind("/checkout-v1", "old-1:80")
	shop := start(t, &names)
	expect := func(want string) {
		t.Helper()
		if _, endpoint, err := ask(t, shop, "", "checkout"); endpoint != want {
			t.Errorf("checkout is at %s (%v), want %s", endpoint, err, want)
		}
	}
	expect("old-1:80")
	names.Bind("/checkout-v2", "new-1:80")
	expect("new-1:80")
	names.Bind("/checkout-v2", "new-2:80") // its replica was replaced
	expect("new-2:80")
	names.Remove("/checkout-v2") // rolled back
	expect("old-1:80")
}

// A weight is a share of the requests.
func TestShares(t *testing.T) {
	var names resolvetest.Namer
	names.Bind("/search", "search-1:80")
	names.Bind("/search-next", "next-1:80")
	shop := start(t, &names)
	const all = 2000
	next := 0
	for range all {
		bound, _, err := ask(t, shop, "", "search")
		if err != nil {
			t.Fatal(err)
		}
		if bound == "/#/shop/search-next" {
			next++
		}
	}
	if share := float64(next) / all; share < 0.05 || share > 0.15 { // over 7 standard deviations
		t.Errorf("search-next got %.3f of the requests, want 0.1", share)
	}
}

func TestNowhere(t *testing.T) {
	var names resolvetest.Namer
	names.Bind("/legacy", "legacy-1:80")
	names.Bind("/empty") // exists, and nobody is there
	broken := errors.New("the registry is down")
	names.Fail("/broken", broken)
	shop := start(t, &names)
	for _, test := range []struct {
		about, dtab, host string
		kind              router.Kind
		cause             error
	}{
		{"closed", "", "legacy", router.NoReplicas, nil},
		{"never heard of", "", "nobody", router.NoReplicas, nil},
		{"no replica runs", "", "empty", router.NoReplicas, nil},
		{"the namer fails", "", "broken", router.BindingFailed, broken},
		{"the request's dtab is none", "web", "web", router.InvalidDtab, nil},
	} {
		t.Run(test.about, func(t *testing.T) {
			_, endpoint, err := ask(t, shop, test.dtab, test.host)
			failed := (*router.Error)(nil)
			if !errors.As(err, &failed) || failed.Kind != test.kind || test.cause != nil && !errors.Is(err, test.cause) {
				t.Errorf("%s at %q: %v, want an error of kind %v", test.host, endpoint, err, test.kind)
			}
		})
	}
}
