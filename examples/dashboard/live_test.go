package dashboard_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestLive: with the script, numbers and curves change and what is wrong now appears,
// without the page being loaded again; a row that is new appears, too.
func TestLive(t *testing.T) {
	s := newScene(t, 2)
	b := newTab(t, s.admin)
	for _, path := range []string{"/", "/router", "/services"} {
		b.open(path)
		value[bool](b, "window.here = true")
		first := b.text("[data-table] tbody")
		s.send("web", "/200")
		s.send("nobody", "/")
		waitFor(t, path+" to change", func() bool { return b.text("[data-table] tbody") != first && b.text("#live") == "live" })
		if path == "/" {
			waitFor(t, "a notice", func() bool {
				return strings.Contains(b.text("#notices"), "of the requests of the last seconds succeed")
			})
			waitFor(t, "the curve of requests", func() bool {
				return strings.Contains(value[string](b, `document.querySelector('[data-path="outgoing/rate/requests"]').getAttribute("d")`), "M")
			})
		}
		if !value[bool](b, "window.here === true") || b.loaded() != 1 {
			t.Errorf("%s was loaded %d times", path, b.loaded())
		}
		b.mu.Lock()
		b.loads = 0
		b.mu.Unlock()
	}
	// A new name has the page take the new rows.
	b.open("/services")
	value[bool](b, "window.here = true")
	waitFor(t, "events", func() bool { return b.text("#live") == "live" })
	s.send("gone", "/200")
	waitFor(t, "the row of a new service", func() bool { return strings.Contains(b.text("[data-table]"), "/svc/gone") })
	if !value[bool](b, "window.here === true") {
		t.Error("the page was loaded again for a new row")
	}
}

// TestWithoutScript: pages are whole without it, load themselves again, and their forms
// work.
func TestWithoutScript(t *testing.T) {
	s := newScene(t, 2)
	s.send("web", "/200")
	waitFor(t, "a sample", func() bool { return strings.Contains(s.get("/services?format=json"), "/svc/web") })
	b := newTab(t, s.admin)
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.open("/services")
	first := b.text("[data-table] tbody")
	if !strings.Contains(first, "/svc/web") || b.text("#live") != "not live" {
		t.Errorf("without the script: %q, %q", first, b.text("#live"))
	}
	s.send("gone", "/200")
	waitFor(t, "the page to load itself again", func() bool {
		return b.loaded() > 1 && strings.Contains(b.text("[data-table]"), "/svc/gone")
	})
	b.open("/delegator")
	b.do(chromedp.SetValue(chromedp.CSS(`input[name="path"]`), "/svc/web"), chromedp.Submit(chromedp.CSS(`input[name="path"]`)))
	waitFor(t, "where the name leads", func() bool { return strings.Contains(b.text(".targets"), "/#/io.l5d.fs/web") })
}

// TestBelowAPath: the pages work behind a proxy that has them below a path of its own: every
// link, the events, and the form that changes something.
func TestBelowAPath(t *testing.T) {
	s := newScene(t, 2)
	s.send("web", "/200")
	waitFor(t, "a sample", func() bool { return strings.Contains(s.get("/services?format=json"), "/svc/web") })
	admin, err := url.Parse(s.admin)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(admin)
		r.Out.Host = r.In.Host
		r.Out.Header.Set("X-Forwarded-Prefix", "/mesh/hop")
	}}
	front := http.NewServeMux()
	front.Handle("/mesh/hop/", http.StripPrefix("/mesh/hop", proxy))
	site := httptest.NewServer(front)
	t.Cleanup(site.Close)
	b := newTab(t, site.URL+"/mesh/hop")
	b.open("/")
	waitFor(t, "events", func() bool { return b.text("#live") == "live" })
	seen := map[string]bool{}
	for next := []string{"/"}; len(next) > 0 && len(seen) < 60; next = next[1:] {
		page := next[0]
		if at, _, _ := strings.Cut(page, "?"); seen[at] {
			continue
		} else {
			seen[at] = true
		}
		b.open(page)
		links := value[[]string](b, `Array.from(document.links).map(a => a.href)`)
		if len(links) < 8 {
			t.Errorf("%s has only the links %q", page, links)
		}
		for _, link := range links {
			path, ok := strings.CutPrefix(link, b.site)
			if !ok {
				if !strings.HasPrefix(link, s.collector) {
					t.Errorf("%s leads out of the site: %s", page, link)
				}
				continue
			}
			if !slices.Contains(next, path) && !strings.Contains(path, "format=json") && !strings.Contains(path, "#") && !strings.HasSuffix(path, ".json") && path != "/admin" && path != "/docs" {
				next = append(next, path)
			}
		}
	}
	for _, want := range []string{"/", "/router", "/services", "/service", "/client", "/requests", "/delegator", "/names", "/logging", "/config", "/health"} {
		if !seen[want] {
			t.Errorf("no link leads to %s: %v", want, seen)
		}
	}
	b.open("/logging")
	b.do(chromedp.Click(chromedp.CSS(`button[value="DEBUG"]`)))
	waitFor(t, "the new level", func() bool { return b.text(`button[aria-pressed="true"]`) == "DEBUG" })
	if at := b.path(); at != "/mesh/hop/logging" {
		t.Errorf("the form leads to %s", at)
	}
	if got := s.get("/logging.json"); !strings.Contains(got, `"DEBUG"`) {
		t.Errorf("the levels are %s", got)
	}
	b.do(chromedp.Click(chromedp.CSS(`button[value="INFO"]`)))
	waitFor(t, "the old level", func() bool { return b.text(`button[aria-pressed="true"]`) == "INFO" })
}
