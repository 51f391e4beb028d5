package admin

import (
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// newRegistry returns a registry with all metrics of the process. It is not the default
// registry of the library, which is global.
func newRegistry(c *collector) (*prometheus.Registry, error) {
	registry := prometheus.NewRegistry()
	for _, collector := range []prometheus.Collector{
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		c,
	} {
		if err := registry.Register(collector); err != nil {
			return nil, configError("Prometheus", "cannot be shown: "+err.Error())
		}
	}
	return registry, nil
}

// metricsPage is a page with all metrics, in the format that the client asks for: text,
// OpenMetrics with exemplars, or protobuf with those and native histograms. Invalid ones are left out, which is better than
// no page.
func metricsPage(from prometheus.Gatherer) http.Handler {
	return promhttp.HandlerFor(from, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, EnableOpenMetrics: true})
}

// prefixedPage is a page with all metrics, each name with a prefix.
func prefixedPage(registry *prometheus.Registry, prefix string) (http.Handler, error) {
	if prefix = namePart(prefix); prefix == "" {
		return metricsPage(registry), nil
	}
	prefixed := prometheus.NewRegistry()
	if err := prometheus.WrapRegistererWithPrefix(prefix, prefixed).Register(registry); err != nil {
		return nil, configError("Prometheus", "cannot be shown: "+err.Error())
	}
	return metricsPage(prefixed), nil
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
