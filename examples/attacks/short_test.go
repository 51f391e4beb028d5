package main

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestAttacks makes what has a short form, with the hop alone. What is a time or
// the processor's is for the program to judge, on a machine that does nothing
// else.
func TestAttacks(t *testing.T) {
	s := newTestScene(t, config{fronts: hop})
	for name, attack := range map[string]func(t *testing.T, out io.Writer) ([]string, error){
		"overrides": func(t *testing.T, out io.Writer) ([]string, error) { return overrides(t.Context(), s, out) },
		"loops":     func(t *testing.T, out io.Writer) ([]string, error) { return loops(t.Context(), s, out) },
		"slow": func(t *testing.T, out io.Writer) ([]string, error) {
			// One that may stay would be watched to the end.
			kinds := slices.DeleteFunc(slowKinds(), func(p slowPeer) bool { return p.stays })
			return slow(t.Context(), s, kinds, out)
		},
		"flood": func(t *testing.T, out io.Writer) ([]string, error) {
			return flood{names: 600, cached: 200, retried: 500, hosts: 20, watch: 6 * time.Second}.make(t.Context(), s, out)
		},
		"streams": func(t *testing.T, out io.Writer) ([]string, error) {
			return streams(t.Context(), s, streamsKinds(), out)
		},
		"bombs": func(t *testing.T, out io.Writer) ([]string, error) {
			return bombs{atOnce: 2, unread: 200, priced: 20}.make(t.Context(), s, out)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			broken, err := attack(t, &out)
			t.Logf("\n%s", out.String())
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range broken {
				// On a busy machine a connection that is as new as the request on it
				// can be the one that makes room.
				if strings.Contains(text, crowdedRow) && strings.Contains(text, ": 1 of ") {
					t.Log(text)
					continue
				}
				t.Error(text)
			}
		})
	}
}

// TestRounds: how often a host may be looked up.
func TestRounds(t *testing.T) {
	for seconds, want := range map[int]int{0: 1, 4: 1, 5: 2, 14: 2, 15: 3, 35: 4, 74: 4, 75: 5, 115: 6} {
		if got := rounds(time.Duration(seconds) * time.Second); got != want {
			t.Errorf("in %d s: %d, want %d", seconds, got, want)
		}
	}
}

// TestLimitsOfOthers: the other proxies are told the same limits.
func TestLimitsOfOthers(t *testing.T) {
	for name, text := range map[string]string{nginx: slowNginx(nginxConfig), haproxy: slowHaproxy(haproxyConfig)} {
		if n := strings.Count(text, "1000ms"); n < 3 {
			t.Errorf("%s has %d of its limits:\n%s", name, n, text)
		}
	}
}
