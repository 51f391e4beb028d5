package router

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestNamesAreRemembered: a name is the same whether or not it was remembered, also where more
// values came than there are places.
func TestNamesAreRemembered(t *testing.T) {
	r, _ := bound(t)
	asked := &http.Request{ProtoMajor: 1, ProtoMinor: 1}
	for round := range 2 {
		for i := range 3 * len(r.names.places) {
			asked.Host = fmt.Sprint("host", i)
			for range 2 {
				name, err := r.nameOf(asked)
				if want := fmt.Sprint("/svc/host", i); err != nil || name.String() != want {
					t.Fatalf("round %d: %v, %v, want %s", round, name, err, want)
				}
			}
		}
	}
	asked.Host = "web"
	if _, err := r.nameOf(asked); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = r.nameOf(asked) }); n != 0 {
		t.Errorf("a name that was remembered costs %v allocations", n)
	}
}

// TestNamesAreBounded: what is long, or is no name, takes no place.
func TestNamesAreBounded(t *testing.T) {
	r, _ := bound(t)
	for _, host := range []string{"", strings.Repeat("x", maxNamed+1), strings.Repeat("x", 1<<17)} {
		_, err := r.nameOf(&http.Request{Host: host})
		if host != "" && len(host) < 1<<16 && err != nil {
			t.Error(err)
		}
		if known := r.names.place(host).Load(); known != nil {
			t.Errorf("%d bytes are remembered: %v", len(host), err)
		}
	}
}
