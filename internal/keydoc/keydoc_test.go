package keydoc_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/meshhop/meshhop/internal/keydoc"
)

func keys(t testing.TB) *keydoc.Reference {
	t.Helper()
	text, err := os.ReadFile("../../proxy/config/KEYS.md")
	if err != nil {
		t.Fatal(err)
	}
	r, err := keydoc.Parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestLinks: each anchor is there once, each link leads to one, and the page needs
// nothing from elsewhere.
func TestLinks(t *testing.T) {
	r := keys(t)
	var b strings.Builder
	if err := r.HTML(&b); err != nil {
		t.Fatal(err)
	}
	page, err := html.Parse(strings.NewReader(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	anchors, links := map[string]int{}, map[string]int{}
	for n := range page.Descendants() {
		for _, a := range n.Attr {
			switch a.Key {
			case "id":
				anchors[a.Val]++
			case "href":
				links[a.Val]++
			case "src", "onclick", "style":
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
		if n.Data == "script" || n.Data == "link" {
			t.Errorf("a <%s>", n.Data)
		}
	}
	for anchor, n := range anchors {
		if n > 1 {
			t.Errorf("the anchor %s is there %d times", anchor, n)
		}
	}
	for link := range links {
		if name, ok := strings.CutPrefix(link, "#"); !ok || anchors[name] == 0 {
			t.Errorf("the link %s leads nowhere", link)
		}
	}
	for _, s := range r.Sections[1:] {
		// The heading and the contents link to each.
		if anchor := "#" + s.Anchors[0]; links[anchor] < 2 {
			t.Errorf("%d links to %s", links[anchor], anchor)
		}
		for _, k := range s.Kinds {
			if anchors[k.Anchor] != 1 {
				t.Errorf("no anchor %s of %s", k.Anchor, k.Name)
			}
		}
	}
	// The text refers to sections by "see" and by names that end in [].
	for _, anchor := range []string{"#server-session", "#serversession", "#retry-budgets", "#telemetry", "#kubernetes"} {
		if anchor != "#server-session" && links[anchor] < 3 {
			t.Errorf("%d links to %s", links[anchor], anchor)
		}
	}
	if len(anchors) < 250 {
		t.Errorf("%d anchors", len(anchors))
	}
}

// TestSeeMeansALink: whatever a description says to see is a section, or a package.
func TestSeeMeansALink(t *testing.T) {
	titles := map[string]bool{"package": true, "transport": true} // transport is the next key
	r := keys(t)
	for _, s := range r.Sections {
		titles[s.Title] = true
	}
	check := func(all []keydoc.Key) {
		for _, k := range all {
			_, what, ok := strings.Cut(k.What, "see ")
			if !ok {
				continue
			}
			if !slices.ContainsFunc(strings.Fields(what), func(string) bool {
				for title := range titles {
					if title != "" && strings.HasPrefix(what, title) {
						return true
					}
				}
				return false
			}) {
				t.Errorf("%s: there is no %q to see", k.Anchor, what)
			}
		}
	}
	for _, s := range r.Sections {
		for _, b := range s.Blocks {
			check(b.Keys)
		}
		for _, k := range s.Kinds {
			check(k.Keys)
		}
	}
}

// TestLinkerdsAnchors: what the pages of Linkerd 1.x link to is here.
func TestLinkerdsAnchors(t *testing.T) {
	var b strings.Builder
	if err := keys(t).HTML(&b); err != nil {
		t.Fatal(err)
	}
	for _, anchor := range strings.Fields(`
		zipkin-telemeter prometheus influxdb statsd-experimental tracelog recent-requests
		administrative-interface admin-security usage socket-options
		routers-intro router-parameters binding-cache server-parameters server-session
		service-configuration client-configuration retries retry-budget-parameters retry-backoff-parameters
		constant-backoff jittered-backoff failure-accrual consecutive-failures success-rate success-rate-windowed none
		load-balancer power-of-two-choices-least-loaded power-of-two-choices-peak-ewma aperture-least-loaded heap-least-loaded round-robin
		namers fs k8s dns-srv-records rewrite built-in-namers rewriting-namers
		interpreter default file-system kubernetes-configmap
		transformer localhost specific-host port daemonset-kubernetes localnode-kubernetes replace const
		http-response-classifiers non-retryable-5xx retryable-read-5xx retryable-idempotent-5xx retryable-all-5xx all-successful
		http-1-1-identifiers method-and-host-identifier path-identifier header-identifier header-token-identifier ingress-identifier static-identifier
		http-1-1-trace-propagators default-trace-propagator zipkin-trace-propagator telemetry`) {
		if !strings.Contains(b.String(), `id="`+anchor+`"`) {
			t.Errorf("no anchor %s", anchor)
		}
	}
}

// TestParse: the forms of the text, and their escapes, in the page and as text.
func TestParse(t *testing.T) {
	const source = "# T & t\n\nWhat is\nlong: `a<b`.\n\n## things[]\n\n- one\n  more\n- *ours*: two\n\n" +
		"| Kind | Key | Default | What it does | Go |\n|---|---|---|---|---|\n" +
		"| all | `kind` | required | | `x.Y` |\n| a.b | | | about \\<it\\> | |\n| a.b | `k` | 1 | a list of things[]; see Plain | |\n\n" +
		"## Plain\n\n| Name | It is |\n|---|---|\n| /\\<x\\> | x |\n\n| Key | What it does |\n|---|---|\n| `n` | n |\n"
	r, err := keydoc.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.AddKind("things[]", "c.d"); err != nil {
		t.Fatal(err)
	}
	if err := r.AddKind("Plain", "c.d"); err == nil {
		t.Error("Plain has no kinds")
	}
	var page strings.Builder
	if err := r.HTML(&page); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"<title>T &amp; t</title>", "<p>What is long: <code>a&lt;b</code>.</p>", "<li>one more</li>", "<li><em>ours</em>: two</li>",
		`<h3 id="things-all"><a href="#things-all">Keys of every kind</a></h3>`, `<h3 id="things-a-b"><a href="#things-a-b"><code>a.b</code></a></h3>`, "<p>about &lt;it&gt;</p>",
		`<tr id="things-a-b.k"><td><code>k</code></td><td>1</td><td>a list of <a href="#things">things[]</a>; see <a href="#plain">Plain</a></td>`,
		`<th scope="col">It is</th>`, "<td>/&lt;x&gt;</td>", `<tr id="plain.n">`, `<h3 id="things-c-d">`, "a kind of this program",
	} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("no %s in\n%s", want, page.String())
		}
	}
	var text strings.Builder
	if found, err := r.Text(&text, ""); !found || err != nil {
		t.Fatal(found, err)
	}
	const want = `What is long: a<b.

things[]
========
  - one more
  - ours: two

every kind
  kind (required)

kind: a.b
    about <it>
  k (1)
      a list of things[]; see Plain

kind: c.d
    a kind of this program's own, which is not described here

Plain
=====
Name It is
/<x> x

  n
      n
`
	if text.String() != want {
		t.Errorf("got\n%s", text.String())
	}
	for _, wrong := range []string{"## a\n\n## a\n", "## a\n| Key | What it does |\n|---|---|\n| `k` |\n", "## a\n| Key |\n|---|\n| `k` |\n| `k` |\n"} {
		if _, err := keydoc.Parse(wrong); err == nil {
			t.Errorf("%q is accepted", wrong)
		}
	}
}

// TestTextOf: a part is found by its name or its anchor.
func TestTextOf(t *testing.T) {
	r := keys(t)
	for what, want := range map[string]string{
		"zipkin-telemeter":            "telemetry[]\n===========\nkind: io.l5d.zipkin\n  host (localhost)\n",
		"serverSession":               "serverSession\n=============\nHow long a server waits",
		"servers.clearContext":        "servers[]\n=========\n  clearContext (false)\n",
		"io.l5d.successRateWindowed":  "failureAccrual\n==============\nkind: io.l5d.successRateWindowed\n  successRate (required)\n",
		"retry-budget-parameters":     "Retry budgets\n=============\n",
		"sampleRate":                  "telemetry[]\n===========\nkind: io.l5d.zipkin\n  sampleRate (0.001)\n",
		"ROUTERS[]":                   "routers[]\n=========\n",
		"zipkin-telemeter.sampleRate": "telemetry[]\n===========\nkind: io.l5d.zipkin\n  sampleRate (0.001)\n",
	} {
		var b strings.Builder
		if found, err := r.Text(&b, what); !found || err != nil || !strings.HasPrefix(b.String(), want) {
			t.Errorf("%s: %v, %v\n%.300s", what, found, err, b.String())
		}
	}
	var b strings.Builder
	if found, _ := r.Text(&b, "no such"); found || b.Len() > 0 {
		t.Errorf("found %s", b.String())
	}
}

// TestHandler: the browser may load and run nothing, and yet sees the style.
func TestHandler(t *testing.T) {
	w := httptest.NewRecorder()
	keys(t).Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/docs", nil))
	policy := w.Header().Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		t.Errorf("%v", w.Header())
	}
	if !strings.Contains(w.Body.String(), `id="zipkin-telemeter"`) {
		t.Error("that is not the page")
	}
}

func ExampleParse() {
	r, err := keydoc.Parse("# Keys\n\n## servers[]\n\n| Key | Default | What it does |\n|---|---|---|\n| `port` | 4140 | the port |\n")
	if err != nil {
		panic(err)
	}
	for _, s := range r.Sections[1:] {
		for _, b := range s.Blocks {
			fmt.Println(s.Title, b.Keys[0].Anchor, b.Keys[0].Default)
		}
	}
	// Output: servers[] servers.port 4140
}

// FuzzParse: no text makes it panic, and what it accepts can be shown.
func FuzzParse(f *testing.F) {
	f.Add("# a\n## b\n- c\n| Key |\n|---|\n| `k` |\n")
	f.Add("| Kind | Key |\n| a | b |\n| c |")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := keydoc.Parse(text)
		if err != nil {
			return
		}
		var b strings.Builder
		if err := r.HTML(&b); err != nil {
			t.Error(err)
		}
		if _, err := r.Text(&b, ""); err != nil {
			t.Error(err)
		}
	})
}
