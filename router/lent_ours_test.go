package router_test

import (
	"net/http"
	"testing"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/router/balance"
)

type tokenOfProgram struct{ router.Identifier }

type balancerOfProgram struct{ balance.P2C }

type classifierOfProgram struct{}

func (classifierOfProgram) Classify(*http.Request, *http.Response, error) router.Class {
	return router.Success
}

// TestOurs: a type of a program's own is found also where it embeds one of ours, and within
// one.
func TestOurs(t *testing.T) {
	ewma, err := balance.NewEWMA(balance.EWMAConfig{})
	if err != nil {
		t.Fatal(err)
	}
	aperture, err := balance.NewAperture(balance.ApertureConfig{})
	if err != nil {
		t.Fatal(err)
	}
	host := router.HeaderToken("Host")
	for _, v := range []any{
		host, router.MethodAndHost(true), router.PathSegments(1, true), router.Static(resolve.MustPath("/a")),
		router.FirstOf(router.HeaderPath("a"), host), router.FirstOf(router.FirstOf(host, host), host),
		router.NonRetryable5XX(), router.RetryableAll5XX(),
		balance.P2C{}, balance.Heap{}, balance.RoundRobin{}, ewma, aperture, balance.Weighted(balance.P2C{}), balance.Weighted(ewma),
	} {
		if !router.IsOurs(v) {
			t.Errorf("%T is ours", v)
		}
	}
	for _, v := range []any{
		nil, tokenOfProgram{host}, &tokenOfProgram{host}, router.FirstOf(host, tokenOfProgram{host}), router.FirstOf(router.FirstOf(host, tokenOfProgram{host}), host),
		classifierOfProgram{}, balancerOfProgram{}, balance.Weighted(balancerOfProgram{}), balance.Weighted(balance.Weighted(&balancerOfProgram{})), balance.Weighted(nil),
	} {
		if router.IsOurs(v) {
			t.Errorf("%T is not ours", v)
		}
	}
}
