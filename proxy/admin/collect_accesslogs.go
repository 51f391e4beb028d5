package admin

import "github.com/prometheus/client_golang/prometheus"

// accessLogFamilies are the metrics of access logs.
type accessLogFamilies struct{ lines, dropped family }

func newAccessLogFamilies() accessLogFamilies {
	return accessLogFamilies{
		lines:   counter("meshhop_access_log_lines_total", "Lines of access logs that were written, by file.", "file"),
		dropped: counter("meshhop_access_log_dropped_total", "Lines of access logs that were dropped, because they were not written fast enough or writing them failed, by file.", "file"),
	}
}

func (f *accessLogFamilies) describe(to chan<- *prometheus.Desc) {
	to <- f.lines.desc
	to <- f.dropped.desc
}

// collect sends the series of the files that are open. A file stays open when the
// configuration is read again, and so it goes on counting.
func (f *accessLogFamilies) collect(to sink, logs map[string]func() (written, dropped uint64)) {
	for _, file := range sortedKeys(logs) {
		written, dropped := logs[file]()
		f.lines.send(to, float64(written), file)
		f.dropped.send(to, float64(dropped), file)
	}
}
