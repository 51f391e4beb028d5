package proxytest_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/proxy/proxytest"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
)

// unionMesh routes /svc/u by the request's own dtab, in front of names that are
// files and one namer that never responds.
func unionMesh(t *testing.T, files string, dtab string) *proxytest.Mesh {
	t.Helper()
	return proxytest.Start(t, `
namers: [{kind: io.l5d.fs, rootDir: `+files+`}]
routers:
- protocol: http
  dtab: /srv => /#/io.l5d.fs ; /svc => /srv/fallback ; `+dtab+`
  servers: [{port: 0}]
`)
}

// askedWith is the response to one request with a dtab of its own.
func askedWith(t *testing.T, client *http.Client, host, dtab string) string {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, "http://"+host+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if dtab != "" {
		r.Header.Set("l5d-dtab", dtab)
	}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// TestTheFirstRequestOfAUnion: nobody has asked for a file yet that a branch
// leads to, and so a stranger to the hop could take it for no branch at all.
func TestTheFirstRequestOfAUnion(t *testing.T) {
	good, other := startNamed(t, "good"), startNamed(t, "other")
	dir := newFiles(t)
	dir.write("fallback", address(other))
	const first = 200
	for i := range first {
		dir.write(fmt.Sprintf("f%d", i), address(good))
	}
	for _, c := range []struct {
		name, dtab string
		others     int // at most so many first requests may go there by their weight
	}{
		{"no such name beside it", "/svc/u => 1 * /srv/nope & 1 * /srv/f%d", 0},
		{"the other way round", "/svc/u => 1 * /srv/f%d & 1 * /srv/nope", 0},
		// 2 are expected; there is one chance in 3 million that it is more than 12.
		{"beside a canary that is known", "/svc/u => 0.01 * /srv/fallback & 1 * /srv/f%d", 12},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := unionMesh(t, dir.path, "").Client("http")
			if got := askedWith(t, client, "x", ""); got != "other" {
				t.Fatalf("the fallback is %q", got)
			}
			got := make(map[string]int)
			for i := range first {
				got[askedWith(t, client, "u", fmt.Sprintf(c.dtab, i))]++
			}
			if got["other"] > c.others || got["good"]+got["other"] != first {
				t.Errorf("of %d first requests: %v", first, got)
			}
		})
	}
	t.Run("after a start", func(t *testing.T) {
		for i := range 20 {
			dtab := fmt.Sprintf("/svc/u => 1 * /srv/nope & 1 * /srv/f%d", i)
			if got := askedWith(t, unionMesh(t, dir.path, dtab).Client("http"), "u", ""); got != "good" {
				t.Errorf("start %d: the first request goes to %q", i, got)
			}
		}
	})
}

// TestAUnionWithANamerThatNeverAnswers: one request waits for it, and no other.
func TestAUnionWithANamerThatNeverAnswers(t *testing.T) {
	good, back := startNamed(t, "good"), startNamed(t, "back")
	dir := newFiles(t)
	dir.write("good", address(good))
	dir.write("fallback", address(good))
	var silent resolvetest.Namer
	silent.Stall("/")
	mesh := proxytest.Options{Kinds: silentKind(&silent)}.Start(t, `
namers:
- {kind: io.l5d.fs, rootDir: `+dir.path+`}
- {kind: test.silent}
routers:
- protocol: http
  dtab: /svc => 1 * /#/io.l5d.fs/good & 9 * /#/test.silent/back
  servers: [{port: 0}]
`)
	client := mesh.Client("http")
	ask := func(dtab string) time.Duration {
		t.Helper()
		began := time.Now()
		if got := askedWith(t, client, "a", dtab); got != "good" {
			t.Fatalf("with %q the response is that of %q", dtab, got)
		}
		return time.Since(began)
	}
	// TestAUnionThatIsNotAnswered of package router has the upper bounds: there
	// the time is not the machine's.
	if took := ask(""); took < 900*time.Millisecond {
		t.Errorf("the first request got its response after %s", took)
	}
	began := time.Now()
	for i := range 20 {
		ask("")
		ask(fmt.Sprintf("/other => /%d", i)) // bound anew
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("20 others waited anew: %s", took)
	}
	silent.Bind("/back", "127.0.0.1:"+back)
	got := make(map[string]int)
	for range 400 {
		got[askedWith(t, client, "a", "")]++
	}
	// 40 are expected, and between 10 and 80 but for one chance in a million.
	if got["good"] < 10 || got["good"] > 80 || got["back"] != 400-got["good"] {
		t.Errorf("with the weights 1 and 9, of 400 requests: %v", got)
	}
}

func silentKind(n resolve.Namer) config.Kinds {
	kinds := config.Builtin()
	kinds.Namers["test.silent"] = func(*config.Decoder) (config.Namer, error) {
		return config.Namer{
			Prefix: resolve.MustPath("/test.silent"),
			New:    func(config.BuildOptions) (resolve.Namer, error) { return n, nil },
		}, nil
	}
	return kinds
}
