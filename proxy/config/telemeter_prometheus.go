package config

import "strings"

// Prometheus is a page of metrics that the admin server shows.
type Prometheus struct {
	Path   string // "/admin/metrics/prometheus"
	Prefix string // stands before each metric's name; "" by default
}

// prometheusTelemeter is io.l5d.prometheus.
func prometheusTelemeter(d *Decoder) (Telemeter, error) {
	page := &Prometheus{Path: d.Text("path", "/admin/metrics/prometheus"), Prefix: d.Text("prefix", "")}
	if !strings.HasPrefix(page.Path, "/") || strings.ContainsAny(page.Path, " ?#{}") {
		d.Errorf("path", "must be the path of a page such as /admin/metrics/prometheus, not %s", quoted(page.Path))
	}
	for i, c := range page.Prefix {
		letter := c == '_' || c == ':' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			d.Errorf("prefix", "must begin a metric's name: letters, digits, _ and :, not %s", quoted(page.Prefix))
			break
		}
	}
	return Telemeter{Prometheus: page}, nil
}
