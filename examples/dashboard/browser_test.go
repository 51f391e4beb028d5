package dashboard_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// axeFile names the file axe.min.js of the package axe-core in the environment. Where it
// is set, everything that these tests need must be there.
const axeFile = "MESHHOP_AXE"

// shots names a directory in the environment that takes a picture of each page.
const shots = "MESHHOP_SCREENSHOTS"

// chromiumProcess is one Chromium for all tests, with a profile that is thrown away.
type chromiumProcess struct {
	once sync.Once
	ctx  context.Context
	end  func()
	err  error
}

var chromium chromiumProcess

func TestMain(m *testing.M) {
	status := m.Run()
	if chromium.end != nil {
		chromium.end()
	}
	os.Exit(status)
}

func (b *chromiumProcess) start() {
	path, err := exec.LookPath("chromium")
	if err != nil {
		b.err = err
		return
	}
	allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, // which root needs
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("no-proxy-server", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"))...)
	ctx, endBrowser := chromedp.NewContext(allocator)
	b.ctx, b.end = ctx, func() { endBrowser(); endAllocator() }
	b.err = chromedp.Do(ctx)
}

// tab is a tab of the browser that notes what goes wrong in it.
type tab struct {
	t     testing.TB
	ctx   context.Context
	site  string // where everything has to come from
	mu    sync.Mutex
	wrong []string
	loads int // documents that were loaded
}

// newTab opens a tab for the pages of a site. It skips the test where there is no browser.
func newTab(t testing.TB, site string) *tab {
	t.Helper()
	chromium.once.Do(chromium.start)
	if chromium.err != nil {
		if os.Getenv(axeFile) != "" {
			t.Fatal(chromium.err)
		}
		t.Skipf("NOT TESTED: %v. apt-get install chromium brings it.", chromium.err)
	}
	b := &tab{t: t, site: site}
	ctx, cancel := chromedp.NewContext(chromium.ctx, chromedp.WithListener(b.notice))
	if err := chromedp.Do(ctx); err != nil { // opens the tab
		t.Fatal(err)
	}
	var stop func()
	b.ctx, stop = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(func() { stop(); cancel() })
	for _, enable := range []cdp.Command[cdp.Empty, cdp.Empty]{log.Enable, audits.Enable} {
		call(b, enable, cdp.Empty{})
	}
	t.Cleanup(func() {
		for _, problem := range b.problems() {
			t.Errorf("the browser complains: %s", problem)
		}
	})
	return b
}

// notice takes an event of the browser.
func (b *tab) notice(event any) {
	wrong := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		wrong = fmt.Sprintf("exception: %s %+v", e.ExceptionDetails.Text, e.ExceptionDetails.Exception)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning || e.Type == runtime.ConsoleAPICalledTypeAssert {
			wrong = "console"
			for _, a := range e.Args {
				wrong += " " + string(a.Value) + a.Description
			}
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			wrong = fmt.Sprint(e.Entry.Source, ": ", e.Entry.Text, " ", e.Entry.URL)
		}
	case *audits.EventIssueAdded:
		if e.Issue.Code == audits.InspectorIssueCodeContentSecurityPolicyIssue {
			wrong = fmt.Sprintf("policy: %+v", e.Issue.Details.ContentSecurityPolicyIssueDetails)
		}
	case *network.EventRequestWillBeSent:
		if to := e.Request.URL; !strings.HasPrefix(to, b.site) && !strings.HasPrefix(to, "data:") && to != "about:blank" {
			wrong = "a request to " + to
		}
	case *page.EventFrameNavigated:
		b.mu.Lock()
		b.loads++
		b.mu.Unlock()
	}
	if wrong != "" {
		b.mu.Lock()
		b.wrong = append(b.wrong, wrong)
		b.mu.Unlock()
	}
}

// problems are what went wrong since the last call.
func (b *tab) problems() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	wrong := b.wrong
	b.wrong = nil
	return wrong
}

func (b *tab) loaded() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.loads
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// call sends a command of the browser's protocol.
func call[P, R any](b *tab, command cdp.Command[P, R], params P) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, command, params); err != nil {
		b.t.Fatal(command.Method, ": ", err)
	}
}

// open opens a page.
func (b *tab) open(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.site + path))
}

// value is what an expression of JavaScript comes to; a promise is waited for.
func value[T any](b *tab, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%.200s: %v", expression, err)
	}
	return v
}

func (b *tab) text(selector string) string {
	b.t.Helper()
	return value[string](b, fmt.Sprintf("(document.querySelector(%q) || {textContent: ''}).textContent.trim()", selector))
}

func (b *tab) path() string {
	b.t.Helper()
	at, err := url.Parse(value[string](b, "location.href"))
	if err != nil {
		b.t.Fatal(err)
	}
	return at.RequestURI()
}

// looks are how a page is looked at.
type look struct {
	width  int64
	scheme string
}

func (l look) String() string { return fmt.Sprintf("%d-%s", l.width, l.scheme) }

var looks = []look{{1280, "light"}, {390, "light"}, {1280, "dark"}, {390, "dark"}}

// look has the page seen on a screen of this width, by somebody who likes this scheme.
func (b *tab) look(l look) {
	b.t.Helper()
	call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: l.width, Height: 844, DeviceScaleFactor: 1, Mobile: l.width < 600})
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.scheme}}})
}
