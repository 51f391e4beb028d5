package h2spec

import (
	"bufio"
	_ "embed"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/summerwind/h2spec/config"
	"github.com/summerwind/h2spec/generic"
	"github.com/summerwind/h2spec/hpack"
	"github.com/summerwind/h2spec/http2"
	"github.com/summerwind/h2spec/spec"

	"github.com/meshhop/meshhop/internal/certtest"
	"github.com/meshhop/meshhop/proxy/proxytest"
)

//go:embed known.tsv
var known string

// knownFailures are the tests that fail on a port, such as http2/8.1.2.2/1. The value is set
// when one did.
func knownFailures(t *testing.T, port string) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for lines := bufio.NewScanner(strings.NewReader(known)); lines.Scan(); {
		if line := lines.Text(); line != "" && line[0] != '#' {
			cells := strings.Split(line, "\t")
			if len(cells) != 3 || cells[2] == "" {
				t.Fatalf("known.tsv: no name, port and reason in %q", line)
			}
			if cells[1] == port || cells[1] == "both" {
				all[cells[0]] = false
			}
		}
	}
	return all
}

// TestConformance runs all tests of h2spec against both ports of a hop.
func TestConformance(t *testing.T) {
	var forwarded atomic.Int64
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name := misplaced(r.Header); name != "" {
			t.Errorf("%s reaches the backend", name)
		}
		forwarded.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, strings.Repeat("some text ", 100))
	}))
	defer backend.Close()
	to := strings.ReplaceAll(strings.TrimPrefix(backend.URL, "http://"), ":", "/")
	cert, key := certtest.CA(t, "root").Issue([]string{"localhost"}).Write(t.TempDir(), "localhost")
	mesh := proxytest.Start(t, fmt.Sprintf(`
routers:
- protocol: http
  dtab: /svc => /$/inet/%s
  servers:
  - {port: 0, protocols: [http/1.1, h2c]}
  - {port: 0, protocols: [http/1.1, h2], tls: {certPath: '%s', keyPath: '%s'}}
`, to, cert, key))
	for i, port := range []string{"h2c", "tls"} {
		t.Run(port, func(t *testing.T) {
			at, err := url.Parse(mesh.URLs("http")[i])
			if err != nil {
				t.Fatal(err)
			}
			host, text, err := net.SplitHostPort(at.Host)
			if err != nil {
				t.Fatal(err)
			}
			number, _ := strconv.Atoi(text)
			c := &config.Config{Host: host, Port: number, Path: "/", Timeout: 5 * time.Second, MaxHeaderLen: 4000, TLS: at.Scheme == "https", Insecure: true}
			failures, ran := knownFailures(t, port), 0
			for _, group := range []*spec.TestGroup{generic.Spec(), http2.Spec(), hpack.Spec()} {
				group.Test(c)
				ran += judge(t, group, failures)
			}
			if ran < 140 {
				t.Errorf("%d tests ran, want the 145 of h2spec", ran)
			}
			for _, name := range slices.Sorted(maps.Keys(failures)) {
				if !failures[name] {
					t.Errorf("%s is in known.tsv, and does not fail", name)
				}
			}
			t.Logf("%d tests ran, %d are known to fail", ran, len(failures))
		})
	}
	if forwarded.Load() == 0 {
		t.Error("nothing reached the backend")
	}
}

// misplaced is a field that must not be sent on.
func misplaced(h http.Header) string {
	for _, name := range []string{"Connection", "Keep-Alive", "Proxy-Connection", "Upgrade", "Te"} {
		if h[name] != nil {
			return name
		}
	}
	return ""
}

// judge reports the failures that are not known, and returns how many tests ran.
func judge(t *testing.T, group *spec.TestGroup, failures map[string]bool) (ran int) {
	t.Helper()
	for i, one := range group.Tests {
		if one.Result == nil {
			continue
		}
		ran++
		name := fmt.Sprintf("%s/%d", group.ID(), i+1)
		if !one.Result.Failed {
			continue
		}
		if _, known := failures[name]; known {
			failures[name] = true
		} else {
			t.Errorf("%s: %s: %v", name, one.Desc, one.Result.Error)
		}
	}
	for _, below := range group.Groups {
		ran += judge(t, below, failures)
	}
	return ran
}
