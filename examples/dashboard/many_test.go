package dashboard_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// mostBytes bounds what a page sends for its HTML, whatever there is to be shown.
const mostBytes = 400 << 10

// TestManyNames: with no name, with one and with 10,000 the pages open, are bounded, and
// let one find what one looks for.
func TestManyNames(t *testing.T) {
	for _, names := range []int{0, 1, 10_000} {
		t.Run(fmt.Sprint(names), func(t *testing.T) {
			s := newScene(t, names)
			ask(s, names)
			b := newTab(t, s.admin)
			for _, path := range []string{"/", "/router", "/services", "/names", "/requests", "/delegator", "/delegator?path=/svc/web", "/config", "/health", "/logging"} {
				began := time.Now()
				size := len(s.html(path))
				took := time.Since(began)
				if size > mostBytes {
					t.Errorf("%s has %d bytes", path, size)
				}
				b.open(path)
				if title := b.text("h1"); title == "" {
					t.Errorf("%s has no title", path)
				}
				t.Logf("%-26s %7d bytes, in %v", path, size, took.Round(time.Millisecond))
			}
			if names < 2 {
				return
			}
			b.open("/services?services.sort=name")
			if rows := value[int](b, `document.querySelectorAll("[data-table=services] tbody tr").length`); rows != 100 {
				t.Errorf("%d rows", rows)
			}
			b.do(chromedp.Click(chromedp.CSS(".pager a[rel=next]")))
			waitFor(t, "the next page", func() bool { return strings.HasPrefix(b.text(".pager"), "101 to 200 of") })
			filter := chromedp.CSS(`input[name="services.q"]`)
			b.do(chromedp.SetValue(filter, "s09876"), chromedp.Submit(filter))
			waitFor(t, "the filter", func() bool { return b.text("[data-table=services] tbody th") == "/svc/s09876" })
			b.open("/names")
			filter = chromedp.CSS(`input[name="names.q"]`)
			b.do(chromedp.SetValue(filter, "s01234"), chromedp.Submit(filter))
			waitFor(t, "the filter of names", func() bool { return b.text("[data-table=names] tbody th") == "/#/io.l5d.fs/s01234" })
			b.do(chromedp.Click(chromedp.CSS("[data-table=names] tbody th a")))
			waitFor(t, "where the name leads", func() bool { return strings.Contains(b.text(".targets"), "/#/io.l5d.fs/s01234") })
			b.open("/delegator?path=/svc/s04321")
			dtab := chromedp.CSS("textarea")
			b.do(chromedp.SetValue(dtab, "/svc => /#/io.l5d.fs/web"), chromedp.Submit(dtab))
			waitFor(t, "what the edited dtab changes", func() bool { return strings.Contains(b.text("main"), "of the 100 busiest services would go elsewhere") })
			if got := b.text("main"); !strings.Contains(got, "/svc/s04321 leads elsewhere with the edited dtab") {
				t.Errorf("the playground says %.2000s", got)
			}
		})
	}
}

// ask asks for every name once, and waits until the dashboard knows them.
func ask(s *scene, names int) {
	work := make(chan int)
	var askers sync.WaitGroup
	for range 8 {
		askers.Go(func() {
			for i := range work {
				name := fmt.Sprintf("s%05d", i)
				if i < 2 {
					name = [...]string{"web", "gone"}[i]
				}
				if status := s.send(name, "/200"); status != 200 {
					s.t.Errorf("%s: %d", name, status)
				}
			}
		})
	}
	for i := range names {
		work <- i
	}
	close(work)
	askers.Wait()
	waitFor(s.t, "all names to be sampled", func() bool {
		return names == 0 || strings.Count(s.get("/services?format=json"), `"key"`) == names
	})
}
