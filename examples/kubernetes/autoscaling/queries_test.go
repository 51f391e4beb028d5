package autoscaling

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"go.yaml.in/yaml/v4"

	"github.com/meshhop/meshhop/proxy/proxytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// series are the samples of a hop that has served a request for hello, each with its
// labels.
func series(t *testing.T) map[string][]map[string]string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(s.Close)
	mesh := proxytest.Start(t, "routers: [{protocol: http, label: incoming, dtab: /svc => /$/inet/127.0.0.1/"+
		s.URL[strings.LastIndexByte(s.URL, ':')+1:]+", servers: [{port: 0}]}]\n")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	get := func(url, host string) string {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if host != "" {
			r.Host = host
		}
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d, %v", url, resp.StatusCode, err)
		}
		return string(body)
	}
	get(mesh.URL("incoming"), "hello")
	all := map[string][]map[string]string{}
	for line := range strings.Lines(get(mesh.AdminURL+"/metrics", "")) {
		if m := regexp.MustCompile(`^([\w:]+)(?:\{(.*)\})? `).FindStringSubmatch(line); m != nil {
			all[m[1]] = append(all[m[1]], labels(m[2]))
		}
	}
	return all
}

var aLabel = regexp.MustCompile(`(\w+)(=~|!=|=)"([^"]*)"`)

func labels(text string) map[string]string {
	all := map[string]string{}
	for _, m := range aLabel.FindAllStringSubmatch(text, -1) {
		all[m[1]] = m[3]
	}
	return all
}

// check holds each selector of a query to the samples: one has that name, and labels that
// it selects.
func check(t *testing.T, query string, all map[string][]map[string]string) (selectors int) {
	t.Helper()
	for _, m := range regexp.MustCompile(`([a-z]+:[\w:]+)\{([^}]*)\}`).FindAllStringSubmatch(query, -1) {
		selectors++
		if !slices.ContainsFunc(all[m[1]], func(have map[string]string) bool {
			for _, l := range aLabel.FindAllStringSubmatch(m[2], -1) {
				value, ok := have[l[1]]
				if !ok || l[2] == "=" && value != l[3] || l[2] == "=~" && !regexp.MustCompile("^(?:"+l[3]+")$").MatchString(value) {
					return false
				}
			}
			return true
		}) {
			t.Errorf("a hop has no sample for %s{%s} in %s; it has %v", m[1], m[2], query, all[m[1]])
		}
	}
	for _, m := range regexp.MustCompile(`by \((\w+)\)`).FindAllStringSubmatch(query, -1) {
		if m[1] != "service" {
			t.Errorf("%s: there is no label %s", query, m[1])
		}
	}
	if strings.Count(query, "(") != strings.Count(query, ")") {
		t.Errorf("%s: the parentheses", query)
	}
	return selectors
}

// TestQueries: each query of README.md and of the rules finds samples.
func TestQueries(t *testing.T) {
	all := series(t)
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, m := range regexp.MustCompile("`([^`\n]*rt:[^`\n]*)`").FindAllStringSubmatch(string(readme), -1) {
		n += check(t, m[1], all)
	}
	if n != 6 {
		t.Errorf("README.md has %d selectors", n)
	}
	for _, m := range regexp.MustCompile("`(meshhop_\\w+)`").FindAllStringSubmatch(string(readme), -1) {
		if all[m[1]] == nil {
			t.Errorf("a hop has no %s", m[1])
		}
	}
	for record, expr := range rules(t) {
		if check(t, expr, all) != 1 {
			t.Errorf("%s: %s", record, expr)
		}
	}
}

// rules are those of rules.yaml.
func rules(t *testing.T) map[string]string {
	t.Helper()
	var file struct {
		Groups []struct {
			Rules []struct{ Record, Expr string }
		}
	}
	read(t, data(t, "rules.yaml", "rules.yaml"), &file)
	all := map[string]string{}
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			all[r.Record] = r.Expr
		}
	}
	if len(all) != 2 {
		t.Fatalf("%d rules", len(all))
	}
	return all
}

// data is a key of a ConfigMap.
func data(t *testing.T, file, key string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var m struct{ Data map[string]string }
	read(t, text, &m)
	return []byte(m.Data[key])
}

func read(t *testing.T, text []byte, to any) {
	t.Helper()
	loader, err := yaml.NewLoader(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := loader.Load(to); err != nil {
		t.Fatal(err)
	}
}

// TestNames: the autoscaler asks for what the adapter offers, which is what the rules
// record, with the label that they make.
func TestNames(t *testing.T) {
	recorded := rules(t)
	var loose map[string]any
	read(t, data(t, "adapter.yaml", "adapter.yaml"), &loose)
	offered := map[string]bool{}
	list, _ := loose["externalRules"].([]any)
	for _, one := range list {
		rule, _ := one.(map[string]any)
		name, _ := rule["name"].(map[string]any)
		series, _ := rule["seriesQuery"].(string)
		as, _ := name["as"].(string)
		if recorded[series] == "" {
			t.Errorf("no rule records %s", series)
		}
		offered[as] = true
	}
	for _, expr := range recorded {
		if !strings.Contains(expr, `"name", "$1", "service", "svc/(.*)"`) {
			t.Errorf("%s makes no label name", expr)
		}
	}
	hpa, err := os.ReadFile("hpa.yaml")
	if err != nil {
		t.Fatal(err)
	}
	asked := regexp.MustCompile(`metric:\n\s+name: (\S+)\n\s+selector:\n\s+matchLabels:\n\s+name: hello\n`).FindAllStringSubmatch(string(hpa), -1)
	if len(asked) != 2 {
		t.Errorf("%d metrics", len(asked))
	}
	for _, m := range asked {
		if !offered[m[1]] {
			t.Errorf("the adapter does not offer %s", m[1])
		}
	}
}
