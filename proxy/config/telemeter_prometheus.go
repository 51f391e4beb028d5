package config

import "strings"

// prometheusTelemeter is io.l5d.prometheus.
func prometheusTelemeter(d *Decoder) (Telemeter, error) {
	path, prefix := d.Text("path", "/admin/metrics/prometheus"), d.Text("prefix", "")
	if !strings.HasPrefix(path, "/") || strings.ContainsAny(path, " ?#{}") {
		d.Errorf("path", "must be the path of a page such as /admin/metrics/prometheus, not %s", quoted(path))
	}
	for i, c := range prefix {
		letter := c == '_' || c == ':' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			d.Errorf("prefix", "must begin a metric's name: letters, digits, _ and :, not %s", quoted(prefix))
			break
		}
	}
	return Telemeter{MetricsPath: path, MetricsPrefix: prefix}, nil
}
