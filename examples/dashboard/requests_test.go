package dashboard_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
)

// TestRequests: the form finds requests, a request leads to its trace, and what the button
// copies is a command that sends the same request, in the same trace.
func TestRequests(t *testing.T) {
	s := newScene(t, 2)
	for range 3 {
		s.send("web", "/200/it's?a=b&c=%20d")
	}
	s.send("web", "/503/broke")
	s.send("gone", "/404")
	s.send("nobody", "/")
	b := newTab(t, s.admin)
	rows := func() int { return value[int](b, `document.querySelectorAll("[data-table=requests] tbody tr").length`) }
	for _, one := range []struct {
		field, value string
		rows         int
	}{
		{"status", "5xx", 2}, {"status", "503", 1}, {"status", "failed", 2}, {"service", "gone", 1}, {"client", "fs/web", 4},
		{"slower", "60000", 0}, {"text", "broke", 1}, {"trace", "no such trace", 0}, {"endpoint", strings.TrimPrefix(s.web.URL, "http://"), 5},
	} {
		b.open("/requests")
		if got := rows(); got != 6 {
			t.Errorf("%d requests without a filter", got)
		}
		field := chromedp.CSS(fmt.Sprintf(`input[name=%q]`, one.field))
		b.do(chromedp.SetValue(field, one.value), chromedp.Submit(field))
		waitFor(t, "the page of "+one.field, func() bool {
			return strings.Contains(b.path(), one.field+"=") && value[string](b, "document.readyState") == "complete"
		})
		if got := rows(); got != one.rows {
			t.Errorf("%s %s: %d rows, want %d", one.field, one.value, got, one.rows)
		}
	}
	b.open("/requests?service=web&status=200")
	b.do(chromedp.Click(chromedp.CSS("[data-table=requests] tbody th a")))
	waitFor(t, "the page of the request", func() bool { return strings.Contains(b.text("h1"), "it's") })
	if trace := value[string](b, `Array.from(document.links).map(a => a.href).find(h => h.includes("/zipkin/traces/")) || ""`); !strings.HasPrefix(trace, s.collector) {
		t.Errorf("it leads to the trace %q", trace)
	}
	for _, name := range []string{"clipboard-read", "clipboard-write"} {
		if _, err := chromedp.CallBrowser(b.ctx, browser.SetPermission, browser.SetPermissionParams{
			Permission: &browser.PermissionDescriptor{Name: name}, Setting: browser.PermissionSettingGranted,
		}); err != nil {
			t.Fatal(err)
		}
	}
	b.do(chromedp.Click(chromedp.CSS("[data-copy]")))
	waitFor(t, "the button to say that it has copied", func() bool { return b.text("[data-copy]") == "Copied" })
	command := value[string](b, "navigator.clipboard.readText()")
	if command != b.text("#curl") || !strings.HasPrefix(command, "curl ") {
		t.Fatalf("copied: %s", command)
	}
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("NOT TESTED: there is no curl")
	}
	sent := exec.Command("sh", "-c", command)
	sent.Env = []string{"PATH=/usr/bin:/bin"}
	out, err := sent.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	if got := string(out); !strings.Contains(got, "GET web /200/it's?a=b&c=%20d") || !strings.Contains(got, "HTTP/1.1 200") {
		t.Errorf("%s\n%s", command, got)
	}
	var trace string
	for _, line := range strings.Split(command, "'") {
		if rest, ok := strings.CutPrefix(line, "l5d-ctx-trace: "); ok {
			trace = rest
		}
	}
	if trace == "" {
		t.Errorf("no trace in %s", command)
	}
	waitFor(t, "the request of the command", func() bool { return strings.Count(s.get("/requests?format=json&service=web&status=200"), `"key"`) == 4 })
}
