package admin

import (
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// newRegistry is a registry of our own with all metrics of the process; the
// library's default one is left alone.
func newRegistry(c *collector) (*prometheus.Registry, error) {
	registry := prometheus.NewRegistry()
	for _, collector := range []prometheus.Collector{
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		c,
	} {
		if err := registry.Register(collector); err != nil {
			return nil, &ConfigError{"Prometheus", "cannot be shown: " + err.Error()}
		}
	}
	return registry, nil
}

// metricsPage shows what is gathered. What cannot be shown is left out: a page
// without it serves better than none.
func metricsPage(from prometheus.Gatherer) http.Handler {
	return promhttp.HandlerFor(from, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

// prefixedPage shows what registry holds, each name with a prefix.
func prefixedPage(registry *prometheus.Registry, prefix string) (http.Handler, error) {
	if prefix = namePart(prefix); prefix == "" {
		return metricsPage(registry), nil
	}
	prefixed := prometheus.NewRegistry()
	if err := prometheus.WrapRegistererWithPrefix(prefix, prefixed).Register(registry); err != nil {
		return nil, &ConfigError{"Prometheus", "cannot be shown: " + err.Error()}
	}
	return metricsPage(prefixed), nil
}

// namePart makes a text fit to begin a metric's name, as Linkerd does
// (PrometheusTelemeter.scala) but that a name never begins with a digit.
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
