package dashboard

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

//go:embed files
var files embed.FS

// policy lets browsers use what the admin server itself has, and nothing inline.
const policy = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"

// at is what a page was asked for.
type at struct {
	*url.URL
	query url.Values
}

func (a at) get(name string) string { return cut(a.query.Get(name), maxQuery) }

// maxQuery bounds one field of a query, in bytes.
const maxQuery = 64 << 10

// long reports whether the page shows 6 hours instead of 10 minutes.
func (a at) long() bool { return a.query.Get("range") == "6h" }

// page is what an address shows, whatever it is shown as.
type page struct {
	Title   string
	Here    string // the path of the entry in the navigation
	Crumbs  []crumb
	Figures []figure
	Charts  []chart
	Ranges  []crumb
	Tables  []*table
	// TablesFirst has the tables above the charts.
	TablesFirst bool
	Notes       []string
	Live        bool
	Body        any    // for the template of this page
	Extra       string // its name; empty: none
}

type crumb struct {
	Text, Href string
	Current    bool
}

// figure is one number.
type figure struct {
	Key, Label, Text, Class, Metric string
	Bar                             *budgetBar
}

// frames are the templates.
type frames struct{ *template.Template }

func newFrames() (frames, error) {
	t, err := template.New("frame.html").Funcs(template.FuncMap{
		"bar":    func(b *budgetBar) string { return strconv.FormatFloat(100*b.Left, 'f', 0, 64) },
		"pieces": pieces,
	}).ParseFS(files, "files/*.html")
	if err != nil {
		return frames{}, fmt.Errorf("dashboard: %w", err)
	}
	return frames{t}, nil
}

// pieces splits a name where it may be broken into lines.
func pieces(name string) []string {
	if len(name) < 20 || strings.Contains(name, " ") {
		return []string{name}
	}
	return strings.SplitAfter(name, "/")
}

// shown is a page with what its frame needs.
type shown struct {
	*page
	Nav     []crumb
	Version string
	Events  string
	At      string
	Refresh string
}

// nav are the pages that there are.
func (d *Dashboard) nav(here string) []crumb {
	var all []crumb
	for _, one := range [...]struct{ path, text string }{
		{"/", "Overview"}, {"/services", "Services"}, {"/requests", "Requests"}, {"/delegator", "Dtab"}, {"/names", "Names"},
		{"/logging", "Logging"}, {"/config", "Configuration"}, {"/health", "Health"}, {"/docs", "Docs"}, {"/admin", "All pages"},
	} {
		if d.config.Has == nil || d.config.Has(one.path) {
			all = append(all, crumb{one.text, linkTo(one.path), one.path == here})
		}
	}
	return all
}

// html is a page for browsers and, with ?format=json, for programs.
func (d *Dashboard) html(path string, build builder) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		where := at{&url.URL{Path: path, RawQuery: r.URL.RawQuery}, r.URL.Query()} // its own path may have more slashes
		p, wrong := build(r.Context(), d.history.now.Load(), where)
		if where.query.Get("format") == "json" {
			writePlain(w, p, wrong)
			return
		}
		status := http.StatusOK
		if wrong != nil {
			status = wrong.status
			p = &page{Title: http.StatusText(status), Notes: []string{wrong.text}}
		}
		s := shown{page: p, Nav: d.nav(p.Here), Version: d.config.Version, At: d.history.now.Load().at.UTC().Format(time.RFC3339)}
		if p.Live {
			query := r.URL.Query()
			query.Set("page", path)
			s.Events = link("/events", query)
			s.Refresh = "5"
		}
		var text bytes.Buffer
		if err := d.frames.ExecuteTemplate(&text, "frame.html", s); err != nil {
			http.Error(w, "the page cannot be made: "+cut(err.Error(), maxText), http.StatusInternalServerError)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", policy)
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_, _ = w.Write(text.Bytes()) // an error means that the reader has left
	})
}

// maxPlainRows bounds a table as JSON.
const maxPlainRows = 10_000

// writePlain writes a page as JSON: all rows of the tables, filtered and sorted.
func writePlain(w http.ResponseWriter, p *page, wrong *problem) {
	status, v := http.StatusOK, any(nil)
	if wrong != nil {
		status, v = wrong.status, map[string]string{"error": wrong.text}
	} else {
		figures, tables := map[string]string{}, map[string][]map[string]any{}
		for _, f := range p.Figures {
			figures[f.Key] = f.Text
		}
		for _, t := range p.Tables {
			rows := []map[string]any{}
			for key, values := range t.values {
				if len(rows) == maxPlainRows {
					break
				}
				values["key"] = key
				rows = append(rows, values)
			}
			tables[t.Name] = rows
		}
		v = map[string]any{"title": p.Title, "figures": figures, "tables": tables, "notes": p.Notes, "body": p.Body}
	}
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, cut(err.Error(), maxText), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}

// fileOf serves an embedded file.
func fileOf(name, contentType string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		body, err := fs.ReadFile(files, "files/"+name)
		if err != nil {
			http.Error(w, cut(err.Error(), maxText), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Cache-Control", "max-age=60")
		_, _ = w.Write(body)
	})
}
