package admin_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/meshhop/meshhop/proxy/admin"
)

// FuzzMetricsJSON: whatever names are, the page is JSON and has them.
func FuzzMetricsJSON(f *testing.F) {
	f.Add("svc/hello", "requests")
	f.Add("a\"\\\n\x00<>&\u2028", "ä")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, service, name string) {
		if !utf8.ValidString(service) || !utf8.ValidString(name) {
			t.Skip("no name is like that")
		}
		var m admin.Tree
		m.Count(17, "rt", "r", "service", service, name)
		m.Level(0.5, "rt", "r", "service", service)
		var flat map[string]float64
		if err := json.Unmarshal([]byte(m.JSON(false)), &flat); err != nil {
			t.Fatal(err)
		}
		if path := "rt/r/service/" + service; len(flat) != 2 || flat[path] != 0.5 || flat[path+"/"+name] != 17 {
			t.Errorf("%v", flat)
		}
		var nested map[string]any
		if err := json.Unmarshal([]byte(m.JSON(true)), &nested); err != nil {
			t.Fatal(err)
		}
		if kind, ok := kindAt(nested, []string{"rt", "r", "service", service}); !ok || kind != "g" {
			t.Errorf("%v", nested)
		}
		if kind, ok := kindAt(nested, []string{"rt", "r", "service", service, name}); !ok || kind != "c" {
			t.Errorf("%v", nested)
		}
	})
}

// TestMetricsJSONOrder: keys are sorted, so that two pages can be compared.
func TestMetricsJSONOrder(t *testing.T) {
	var m admin.Tree
	m.Count(1, "b")
	m.Spread([]int{2}, "c")
	m.Level(3, "a", "z")
	m.Level(4, "a", "y")
	const want = `{"a/y":4.0,"a/z":3.0,"b":1,"c.count":1,"c.sum":2,"c.avg":2.0,`
	if got := m.JSON(false); !strings.HasPrefix(got, want) {
		t.Errorf("%s", got)
	}
	if got, want := new(admin.Tree).JSON(true), "{}"; got != want {
		t.Errorf("nothing is %s", got)
	}
}
