package dashboard_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// pages are all pages for people, by a name for pictures.
var pages = []struct{ name, path string }{
	{"overview", "/"},
	{"router", "/router?router=outgoing"},
	{"services", "/services"},
	{"service", "/service?router=outgoing&service=/svc/web"},
	{"client", "/client?router=outgoing&client=/%23/io.l5d.fs/gone"},
	{"requests", "/requests"},
	{"request", "/requests?id=1"},
	{"names", "/names"},
	{"playground", "/delegator"},
	{"playground-name", "/delegator?router=outgoing&path=/svc/web"},
	{"playground-edited", "/delegator?router=outgoing&path=/svc/web&dtab=" + "/svc+%3D%3E+/%23/io.l5d.fs+%3B+/svc/web+%3D%3E+0.9+*+/%23/io.l5d.fs/web+%26+0.1+*+/%23/io.l5d.fs/gone+%7C+/%24/nil"},
	{"playground-wrong", "/delegator?path=/svc/web&dtab=/svc+%3D%3E"},
	{"logging", "/logging"},
	{"config", "/config"},
	{"health", "/health"},
	{"docs", "/docs"},
	{"missing", "/service?router=outgoing&service=/svc/nothing"},
}

// busy has the hop look as at work: requests that succeed, fail, and lead nowhere.
func busy(s *scene) {
	s.t.Helper()
	for range 12 {
		s.send("web", "/200/a?b=c")
		s.send("gone", "/200")
	}
	s.send("web", "/503/it/broke")
	s.send("nobody", "/")
	s.configure("routers: [{protocol: thrift}]\n")
	s.reload <- os.Interrupt
	waitFor(s.t, "the counters of what was sent", func() bool {
		return strings.Contains(s.get("/services?format=json"), "/svc/gone") && strings.Contains(s.get("/admin/reload"), "thrift")
	})
}

// TestPages: no page has an error in the console, breaks the policy of its content, asks
// anybody else, is wider than a phone, or has anything that axe finds; in light and in dark.
func TestPages(t *testing.T) {
	s := newScene(t, 3)
	busy(s)
	axe := readAxe(t)
	for _, one := range pages {
		t.Run(one.name, func(t *testing.T) {
			b := newTab(t, s.admin)
			b.look(looks[0])
			b.open(one.path)
			if one.name == "missing" {
				b.problems() // the browser says that the status is 404
			}
			for _, l := range looks {
				b.look(l)
				picture(b, one.name, l)
				if wide := value[int](b, "document.documentElement.scrollWidth"); wide > int(l.width) {
					t.Errorf("%s: the page is %d pixels wide: %s", l, wide, value[string](b, widest))
				}
				for _, found := range b.axe(axe, l.scheme == "dark") {
					t.Errorf("%s: axe: %s", l, found)
				}
			}
		})
	}
}

// widest names the elements that stick out of the page.
const widest = `Array.from(document.querySelectorAll("body *")).filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll"))
	.slice(0, 5).map(e => e.tagName + "." + e.className + " " + e.textContent.trim().slice(0, 40)).join("; ")`

// readAxe returns axe-core; nothing where the environment does not name it.
func readAxe(t testing.TB) string {
	t.Helper()
	file := os.Getenv(axeFile)
	if file == "" {
		t.Logf("NOT TESTED: %s does not name the file axe.min.js of axe-core", axeFile)
		return ""
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// axe returns what axe-core finds on the page as it is seen now; only the contrast of
// colours if these alone have changed.
func (b *tab) axe(source string, colours bool) (all []string) {
	b.t.Helper()
	if source == "" {
		return nil
	}
	if !value[bool](b, "!!window.axe") {
		value[chromedp.Void](b, source)
	}
	options := "{}"
	if colours {
		options = `{runOnly: ["color-contrast"]}`
	}
	return value[[]string](b, `axe.run(document, `+options+`).then(r => r.violations.map(v => v.id + ": " + v.help + " " +
		v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + " " + n.any.concat(n.all).map(c => c.message).join(" ").slice(0, 300)).join(" | ")))`)
}

// picture keeps how a page looks, where somebody wants to see it.
func picture(b *tab, name string, l look) {
	dir := os.Getenv(shots)
	if dir == "" {
		return
	}
	_, _ = chromedp.Run(b.ctx, chromedp.FullScreenshot(100)) // has everything painted
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+"-"+l.String()+".png"), png, 0o600); err != nil {
		b.t.Fatal(err)
	}
}
