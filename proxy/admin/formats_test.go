package admin_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
)

const (
	inProtobuf    = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
	inOpenMetrics = "application/openmetrics-text; version=1.0.0"
)

// TestFormats: the texts have what the library writes of the same families, line by line,
// but for how numbers are written.
func TestFormats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMeasured(t, true)
		m.ask(t, 20*time.Millisecond)
		m.ask(t, 11*time.Second) // longer than the last bound
		for _, prefix := range []string{"", "linkerd_"} {
			path := "/metrics"
			if prefix != "" {
				path = "/admin/metrics/prometheus"
			}
			var text, open bytes.Buffer
			for _, f := range decode(t, m.get(path, "Accept", inProtobuf)) {
				if changes(f.GetName()) {
					continue
				}
				expfmt.MetricFamilyToText(&text, f)
				expfmt.MetricFamilyToOpenMetrics(&open, f)
			}
			if open.WriteString("# EOF\n"); text.Len() < 10_000 {
				t.Fatalf("%d bytes", text.Len())
			}
			for _, row := range []struct{ accept, want string }{
				{"", text.String()}, {"text/plain", text.String()}, {"*/*;q=0.1", text.String()}, {inOpenMetrics, open.String()},
			} {
				got := m.get(path, "Accept", row.accept)
				if diff := cmp.Diff(normal(row.want), normal(got)); diff != "" {
					t.Errorf("%s as %q (-want +got):\n%s", path, row.accept, diff)
				}
			}
		}
	})
}

// changes reports whether a family is about this process, which is another at each scrape.
func changes(name string) bool {
	name = strings.TrimPrefix(name, "linkerd_")
	return strings.HasPrefix(name, "go_") || strings.HasPrefix(name, "process_") || strings.HasPrefix(name, "jvm:")
}

// normal is the lines of a page that do not change, sorted within each family, with all
// numbers in one form.
func normal(page string) (all []string) {
	family := 0
	for line := range strings.Lines(page) {
		words := strings.Fields(line)
		if words[0] == "#" && len(words) > 2 && changes(words[2]) || changes(words[0]) {
			continue
		}
		if words[0] == "#" {
			slices.Sort(all[family:])
			family = len(all) + 1
		}
		for i, word := range words[1:] {
			if v, err := strconv.ParseFloat(word, 64); err == nil && words[0] != "#" {
				words[i+1] = fmt.Sprintf("%.12g", v)
			}
		}
		all = append(all, strings.Join(words, " "))
	}
	return all
}

func decode(t *testing.T, page string) (all []*dto.MetricFamily) {
	t.Helper()
	decoder := expfmt.NewDecoder(strings.NewReader(page), expfmt.NewFormat(expfmt.TypeProtoDelim))
	for {
		f := new(dto.MetricFamily)
		switch err := decoder.Decode(f); err {
		case nil:
			all = append(all, f)
		case io.EOF:
			return all
		default:
			t.Fatal(err)
		}
	}
}

// TestMetricsPage: what a client may ask for.
func TestMetricsPage(t *testing.T) {
	r := newRouter(t, `a "label" with \`+"\nlines", new(resolvetest.Namer))
	s := serve(t, admin.Config{Routers: []*router.Router{r}})
	const line = `meshhop_router_requests_total{rt="a \"label\" with \\\nlines"} 0` + "\n"
	for _, row := range []struct {
		name, path string
		header     []string
		kind       string // Content-Type
		packed     bool
		want, not  string
	}{
		{"text", "/metrics", nil, "text/plain; version=0.0.4; ", false, line, "# EOF"},
		{"OpenMetrics", "/metrics", []string{"Accept", inOpenMetrics}, "application/openmetrics-text; version=1.0.0; ", false, line, "trace_id"},
		{"gzip", "/metrics", []string{"Accept-Encoding", "br, gzip;q=0.5"}, "text/plain", true, line, "# EOF"},
		{"no gzip", "/metrics", []string{"Accept-Encoding", "gzip;q=0.0, br"}, "text/plain", false, line, "# EOF"},
		{"one metric", "/metrics?name[]=jvm:num_cpus&name[]=go_goroutines", []string{"Accept-Encoding", "identity"}, "text/plain", false, "\njvm:num_cpus ", "rt:"},
		{"one metric of the library's", "/metrics?name[]=go_goroutines", nil, "text/plain", false, "\ngo_goroutines ", "jvm:"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s.client = &http.Client{Transport: &http.Transport{DisableCompression: true}}
			defer s.client.CloseIdleConnections()
			got := s.do(t, "GET", row.path, "", row.header...)
			body := got.body
			if packed := got.header.Get("Content-Encoding") == "gzip"; packed != row.packed {
				t.Fatalf("compressed: %v", packed)
			} else if packed {
				z, err := gzip.NewReader(strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				all, err := io.ReadAll(z)
				if err != nil {
					t.Fatal(err)
				}
				body = string(all)
			}
			if kind := got.header.Get("Content-Type"); !strings.HasPrefix(kind, row.kind) {
				t.Errorf("Content-Type %s", kind)
			}
			if vary := strings.Join(got.header["Vary"], ", "); vary != "Accept, Accept-Encoding" {
				t.Errorf("Vary %s", vary)
			}
			if !strings.Contains(body, row.want) || strings.Contains(body, row.not) {
				t.Errorf("the page has no %s, or %s:\n%s", row.want, row.not, body)
			}
		})
	}
}
