package admin_test

import (
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/proxy/admin"
)

// TestLogging (vector 308): the level of the log is shown and changed. An unknown logger
// and an unknown level are errors here, where in Linkerd they are 200.
func TestLogging(t *testing.T) {
	var level slog.LevelVar
	s := serve(t, admin.Config{LogLevel: &level})
	rows := []struct {
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
	}
	for _, path := range []string{"/logging.json", "/logging"} { // the form of the second leads back to it
		level.Set(slog.LevelInfo)
		for _, row := range rows {
			header := append([]string{"Content-Type", "application/x-www-form-urlencoded"}, row.header...)
			if got := s.do(t, row.method, path+row.query, row.body, header...); got.status != row.status || level.Level() != row.level {
				t.Errorf("%s %s%s %q %q: status %d, level %s: %s", row.method, path, row.query, row.body, row.header, got.status, level.Level(), got.body)
			}
		}
	}
	if got, want := s.do(t, "GET", "/logging.json", "").body, `[{"logger":"root","level":"DEBUG"}]`+"\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := s.do(t, "GET", "/logging", "").body; !strings.HasPrefix(got, "root: DEBUG\n") {
		t.Errorf("%q", got)
	}
}

// TestLoggingPage: browsers get a form, unless what changes the process is hidden.
func TestLoggingPage(t *testing.T) {
	var level slog.LevelVar
	for _, hidden := range []bool{false, true} {
		s := serve(t, admin.Config{LogLevel: &level, Security: admin.Security{HideControl: hidden}})
		page := parsed(t, s.do(t, "GET", "/logging", "", "Accept", "text/html").body)
		pressed := map[string]string{}
		for _, button := range page.all("button") {
			pressed[button.attr("value")] = button.attr("aria-pressed")
		}
		if want := map[string]string{"DEBUG": "false", "INFO": "true", "WARNING": "false", "ERROR": "false"}; !hidden && !maps.Equal(pressed, want) || hidden && len(pressed) > 0 {
			t.Errorf("hidden %v: the buttons are %v", hidden, pressed)
		}
		if text := page.text(); !strings.Contains(text, "root INFO") {
			t.Errorf("hidden %v: %s", hidden, text)
		}
	}
	s := serve(t, admin.Config{LogLevel: &level, Security: admin.Security{HideControl: true}})
	if got := s.do(t, "POST", "/logging?logger=root&level=debug", "").status; got != 405 || level.Level() != slog.LevelInfo {
		t.Errorf("a level that must not change: status %d, level %s", got, level.Level())
	}
	s = serve(t, admin.Config{LogLevel: &level})
	s.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if got := s.do(t, "POST", "/logging?logger=root&level=debug", ""); got.status != 303 || got.header.Get("Location") != "logging" || level.Level() != slog.LevelDebug {
		t.Errorf("status %d, Location %q, level %s", got.status, got.header.Get("Location"), level.Level())
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
