package collector

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const maxToggles = 1000

// traceState has the parameters of the address of a trace's page.
type traceState struct {
	path      string
	span      string   // key of the selected row
	service   string   // only this service's spans
	collapsed bool     // rows are closed unless toggled, not open unless toggled
	toggled   []string // keys of rows
	from      int      // rows before this page
	critical  bool     // only the spans of the critical path
}

func readTraceState(u *url.URL) traceState {
	v := u.Query()
	s := traceState{
		path:      u.Path,
		span:      strings.ToLower(v.Get("span")),
		service:   strings.ToLower(v.Get("service")),
		collapsed: v.Get("collapse") == "all",
		critical:  v.Get("path") == "critical",
	}
	if list := v.Get("toggle"); list != "" {
		s.toggled = strings.SplitN(list, ",", maxToggles+1)
		s.toggled = s.toggled[:min(len(s.toggled), maxToggles)]
	}
	if n, err := strconv.Atoi(v.Get("from")); err == nil && n > 0 {
		s.from = n
	}
	return s
}

// with returns the address of the page with a changed state.
func (s traceState) with(change func(*traceState)) string {
	s.toggled = slices.Clone(s.toggled)
	change(&s)
	v := url.Values{}
	set := func(name, text string) {
		if text != "" {
			v.Set(name, text)
		}
	}
	set("span", s.span)
	set("service", s.service)
	set("toggle", strings.Join(s.toggled, ","))
	if s.collapsed {
		set("collapse", "all")
	}
	if s.critical {
		set("path", "critical")
	}
	if s.from > 0 {
		set("from", strconv.Itoa(s.from))
	}
	u := url.URL{Path: s.path, RawQuery: v.Encode()}
	if s.span != "" {
		u.Fragment = "span-" + s.span
	}
	return u.String()
}

func (s *traceState) toggle(key string) {
	if i := slices.Index(s.toggled, key); i >= 0 {
		s.toggled = slices.Delete(s.toggled, i, i+1)
		return
	}
	s.toggled = append(s.toggled, key)
}

// open reports whether the children of a row are visible.
func (s *traceState) open(key string) bool {
	return s.collapsed == slices.Contains(s.toggled, key)
}
