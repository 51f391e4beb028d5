package admin_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/proxy/admin"
)

// TestLogging (vector 308): the level of the log is shown and changed. An unknown logger
// and an unknown level are errors here, where in Linkerd they are 200.
func TestLogging(t *testing.T) {
	var level slog.LevelVar
	s := serve(t, admin.Config{LogLevel: &level})
	for _, row := range []struct {
		method, query, body string
		header              []string
		status              int
		level               slog.Level
	}{
		{"POST", "?logger=root&level=debug", "", nil, 200, slog.LevelDebug},
		{"POST", "", "logger=root&level=ERROR", nil, 200, slog.LevelError},
		{"POST", "", "logger=root&level=FATAL", nil, 200, slog.LevelError},
		{"POST", "", "logger=root&level=warning", nil, 200, slog.LevelWarn},
		{"POST", "", "logger=root&level=TRACE", nil, 200, slog.LevelDebug},
		{"POST", "", "logger=root&level=info", []string{"Origin", "http://elsewhere"}, 403, slog.LevelDebug},
		{"POST", "", "logger=root&level=info", []string{"Sec-Fetch-Site", "cross-site"}, 403, slog.LevelDebug},
		{"POST", "", "logger=root&level=x", nil, 400, slog.LevelDebug},
		{"POST", "", "logger=nope&level=info", nil, 404, slog.LevelDebug},
		{"POST", "", "level=info", nil, 400, slog.LevelDebug},
		{"POST", "", "logger=root", nil, 400, slog.LevelDebug},
		{"POST", "", "logger=root&level=info&" + strings.Repeat("a", 5000), nil, 400, slog.LevelDebug},
		{"POST", "?%zz", "", nil, 400, slog.LevelDebug},
		{"DELETE", "?logger=root&level=info", "", nil, 405, slog.LevelDebug},
		{"GET", "?logger=root&level=info", "", nil, 200, slog.LevelDebug},
	} {
		header := append([]string{"Content-Type", "application/x-www-form-urlencoded"}, row.header...)
		if got := s.do(t, row.method, "/logging.json"+row.query, row.body, header...); got.status != row.status || level.Level() != row.level {
			t.Errorf("%s %s%s %q %q: status %d, level %s: %s", row.method, "/logging.json", row.query, row.body, row.header, got.status, level.Level(), got.body)
		}
	}
	if got, want := s.do(t, "GET", "/logging.json", "").body, `[{"logger":"root","level":"DEBUG"}]`+"\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := s.do(t, "GET", "/logging", "").body; !strings.HasPrefix(got, "root: DEBUG\n") {
		t.Errorf("%q", got)
	}
	if got := s.do(t, "POST", "/logging?logger=root&level=info", "").status; got != 405 || level.Level() != slog.LevelDebug {
		t.Errorf("status %d, level %s", got, level.Level())
	}
}

// TestAccessLogMetrics: the lines of each file are counted.
func TestAccessLogMetrics(t *testing.T) {
	s := serve(t, admin.Config{AccessLogs: map[string]func() (uint64, uint64){"logs/a.log": func() (uint64, uint64) { return 7, 2 }}})
	page := s.do(t, "GET", "/metrics", "").body
	for _, want := range []string{`meshhop_access_log_lines_total{file="logs/a.log"} 7`, `meshhop_access_log_dropped_total{file="logs/a.log"} 2`} {
		if !strings.Contains(page, want+"\n") {
			t.Errorf("no %s", want)
		}
	}
}
