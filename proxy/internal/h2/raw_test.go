package h2_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/proxy/internal/h2"
)

// TestRows runs each row against this server, and against net/http's if both do the same.
func TestRows(t *testing.T) {
	addr, _ := start(t, h2.Config{Handler: http.HandlerFunc(various), MaxHeaderBytes: 8 << 10})
	other := netHTTP(t, http.HandlerFunc(various))
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			row.run(t, addr)
			if !row.ours {
				row.run(t, other) // net/http's
			}
		})
	}
}

func (r row) run(t *testing.T, addr string) {
	p := newPeer(t, addr).begin()
	for _, frame := range r.send(p) {
		if p.send(frame) != nil {
			break
		}
	}
	for _, want := range r.want {
		stream, line := uint32(0), ""
		if _, err := fmt.Sscanf(want, "%d", &stream); err != nil {
			t.Fatal(err)
		}
		_, line, _ = strings.Cut(want, " ")
		p.until(stream, line)
	}
	if !p.has(0, "closed") {
		p.sync("sync-end") // nothing else comes
	}
	var got []string
	for _, stream := range slices.Sorted(maps.Keys(p.lines)) {
		for _, line := range p.lines[stream] {
			if line != "PONG sync-end" {
				got = append(got, fmt.Sprint(stream, " ", line))
			}
		}
	}
	want := slices.Clone(r.want)
	slices.SortStableFunc(want, func(a, b string) int { return strings.Compare(a[:1], b[:1]) })
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
