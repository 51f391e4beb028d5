package admin

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/expfmt"
)

// metricsPage is a page with all metrics of the process, each name with a prefix. It is in
// the format that the client asks for: text, OpenMetrics with exemplars, or protobuf with
// those and native histograms. Invalid series are left out, which is better than no page.
type metricsPage struct {
	collector *collector
	prefix    string
	process   *prometheus.Registry // what the library knows of the process
	protobuf  http.Handler
	sinks     sync.Pool // of *textSink, whose buffers are as large as the last page
	gzips     sync.Pool
}

// newMetricsPage returns the page. None of its registries is the default one of the
// library, which is global.
func newMetricsPage(c *collector, prefix string) (*metricsPage, error) {
	p := &metricsPage{collector: c, prefix: namePart(prefix), process: prometheus.NewRegistry()}
	for _, one := range []prometheus.Collector{
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	} {
		if err := p.process.Register(one); err != nil {
			return nil, configError("Prometheus", "cannot be shown: "+err.Error())
		}
	}
	all := prometheus.NewRegistry()
	var prefixed prometheus.Registerer = all
	if p.prefix != "" {
		prefixed = prometheus.WrapRegistererWithPrefix(p.prefix, all)
	}
	for _, one := range []prometheus.Collector{p.process, c} {
		if err := prefixed.Register(one); err != nil {
			return nil, configError("Prometheus", "cannot be shown: "+err.Error())
		}
	}
	p.protobuf = promhttp.HandlerFor(all, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, EnableOpenMetrics: true})
	return p, nil
}

func (p *metricsPage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	format := expfmt.NegotiateAccept(r.Header, expfmt.DefaultOpenMetricsAcceptedFormats()...)
	kind := format.FormatType()
	if kind != expfmt.TypeTextPlain && kind != expfmt.TypeOpenMetrics {
		p.protobuf.ServeHTTP(w, r)
		return
	}
	t, ok := p.sinks.Get().(*textSink)
	if !ok {
		t = &textSink{prefix: p.prefix, parts: map[*shape]*textPart{}}
	}
	defer p.sinks.Put(t)
	t.open, t.wanted = kind == expfmt.TypeOpenMetrics, wantedNames(r.URL.Query()["name[]"])
	page := p.write(t)
	h := w.Header()
	h["Vary"] = append(h["Vary"], "Accept", "Accept-Encoding")
	h.Set("Content-Type", string(format))
	if !takesGzip(r) {
		_, _ = w.Write(page)
		return
	}
	h.Set("Content-Encoding", "gzip")
	z, ok := p.gzips.Get().(*gzip.Writer)
	if !ok {
		z, _ = gzip.NewWriterLevel(nil, gzip.BestSpeed) // which is a level
	}
	defer p.gzips.Put(z)
	z.Reset(w)
	_, _ = z.Write(page)
	_ = z.Close()
}

// wantedNames are the metrics that a scrape asks for; none: all.
func wantedNames(names []string) func(string) bool {
	return func(name string) bool { return len(names) == 0 || slices.Contains(names, name) }
}

// takesGzip reports whether a client wants a page compressed.
func takesGzip(r *http.Request) bool {
	for _, line := range r.Header["Accept-Encoding"] {
		for one := range strings.SplitSeq(line, ",") {
			coding, quality, _ := strings.Cut(one, ";")
			never := quality != "" && strings.Trim(quality, " q=0.") == ""
			if strings.TrimSpace(coding) == "gzip" && !never {
				return true
			}
		}
	}
	return false
}

// write writes all families, sorted by their names.
func (p *metricsPage) write(t *textSink) []byte {
	for _, part := range t.parts {
		part.used, part.lines = false, part.lines[:0]
	}
	p.collector.scrape(t)
	type block struct {
		name string
		part *textPart
		text []byte // if there is no part
	}
	var blocks []block
	size := 0
	for f, part := range t.parts {
		switch {
		case !part.used:
			delete(t.parts, f) // it would keep its memory for ever
		case len(part.lines) > 0:
			blocks = append(blocks, block{name: f.name, part: part})
			size += len(part.lines) + len(f.help) + 2*len(f.name) + 64
		}
	}
	process, _ := p.process.Gather() // without what cannot be read
	for _, f := range process {
		name := f.GetName()
		if f.Name = new(p.prefix + name); !t.wanted(*f.Name) {
			continue
		}
		var text bytes.Buffer
		if t.open {
			_, _ = expfmt.MetricFamilyToOpenMetrics(&text, f)
		} else {
			_, _ = expfmt.MetricFamilyToText(&text, f)
		}
		blocks = append(blocks, block{name: name, text: text.Bytes()})
		size += text.Len()
	}
	slices.SortFunc(blocks, func(a, b block) int { return cmp.Compare(a.name, b.name) })
	page := slices.Grow(t.page[:0], size)
	for _, b := range blocks {
		if b.part != nil {
			page = t.appendTo(page, b.part)
		} else {
			page = append(page, b.text...)
		}
	}
	if t.open {
		page = append(page, "# EOF\n"...)
	}
	t.page = page
	return page
}

// namePart converts a text to the beginning of a metric's name, as Linkerd does
// (PrometheusTelemeter.scala), except that a name never begins with a digit.
func namePart(text string) string {
	text = strings.Map(func(c rune) rune {
		if c == ':' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' {
			return c
		}
		return '_'
	}, text)
	if text != "" && '0' <= text[0] && text[0] <= '9' {
		text = "_" + text
	}
	return text
}
