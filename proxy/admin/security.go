package admin

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// Security hides pages: a hidden page does not exist (404). The zero value hides none.
// It is admin.security of a configuration (SecurityFilter.scala).
type Security struct {
	// HideUI hides the pages that people look at: /, /config.json, /delegator.json,
	// /explain, /explain.json, /logging, /requests, /admin/metrics.json and the like.
	HideUI bool
	// HideControl hides what changes the process or shows how it is controlled:
	// /admin/shutdown, /admin/reload, /admin/tracing, /logging.json.
	HideControl bool
	// HideDiagnostics hides all other pages, those of metrics and /admin/ping included.
	HideDiagnostics bool

	// Show are paths that are served although their kind is hidden; Hide are paths
	// that never are. An expression must match the whole path.
	Show, Hide []*regexp.Regexp
}

// allows reports whether the page with this path is served.
func (s *Security) allows(path string) bool {
	switch {
	case matchesAny(s.Hide, path):
		return false
	case isUI(path):
		return !s.HideUI || matchesAny(s.Show, path)
	case isControl(path):
		return !s.HideControl || matchesAny(s.Show, path)
	}
	return !s.HideDiagnostics || matchesAny(s.Show, path)
}

func matchesAny(all []*regexp.Regexp, path string) bool {
	return slices.ContainsFunc(all, func(one *regexp.Regexp) bool { return one.MatchString(path) })
}

// compiled returns expressions that match whole paths only.
func (s Security) compiled() (Security, error) {
	var err error
	if s.Show, err = whole("Security.Show", s.Show); err == nil {
		s.Hide, err = whole("Security.Hide", s.Hide)
	}
	return s, err
}

func whole(field string, all []*regexp.Regexp) ([]*regexp.Regexp, error) {
	var same []*regexp.Regexp
	for i, one := range all {
		if one == nil {
			return nil, configError(fmt.Sprintf("%s[%d]", field, i), "is nil")
		}
		entire, err := regexp.Compile(`\A(?:` + one.String() + `)\z`)
		if err != nil {
			return nil, configError(fmt.Sprintf("%s[%d]", field, i), err.Error())
		}
		same = append(same, entire)
	}
	return same, nil
}

// isUI reports whether a page is of the user interface: Linkerd's list, and our pages
// that Linkerd does not have.
func isUI(path string) bool {
	switch path {
	case "/", "/config.json", "/metrics.json", "/admin/metrics.json", "/admin/metrics", "/delegator", "/delegator.json", "/logging", "/help",
		"/requests", "/services", "/explain", "/explain.json", "/docs",
		"/router", "/service", "/client", "/names", "/config", "/health", "/events", "/favicon.ico":
		return true
	}
	return strings.HasPrefix(path, "/files/") || strings.HasPrefix(path, "/admin/files/")
}

func isControl(path string) bool {
	switch path {
	case "/admin/shutdown", "/admin/reload", "/admin/tracing", "/logging.json":
		return true
	}
	return false
}

// cleaned is a path as pages are found by it: slashes that follow each other are one,
// as in Finagle's HttpMuxer. What is hidden must not be had by another spelling.
func cleaned(path string) string {
	if !strings.Contains(path, "//") {
		return path
	}
	var b strings.Builder
	for i := range len(path) {
		if i == 0 || path[i] != '/' || path[i-1] != '/' {
			b.WriteByte(path[i])
		}
	}
	return b.String()
}

// hide answers for a page that security does not allow, and reports whether it did.
func (a *Admin) hide(w http.ResponseWriter, path string) bool {
	if a.security.allows(path) {
		return false
	}
	w.WriteHeader(http.StatusNotFound)
	return true
}
