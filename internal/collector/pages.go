package collector

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
)

//go:embed pages/*.html pages/style.css pages/page.js
var pageFiles embed.FS

// pages holds the templates and the policy that lets browsers use their one
// style sheet and one script, and nothing else.
type pages struct {
	templates map[string]*template.Template
	policy    string
}

// page has the data for the common frame of all pages.
type page struct {
	Title string
	Here  string // the current entry of the navigation
	Body  any
}

func newPages() (*pages, error) {
	style, err := pageFiles.ReadFile("pages/style.css")
	if err != nil {
		return nil, fmt.Errorf("collector: pages: %w", err)
	}
	funcs := template.FuncMap{
		"pieces":  pieces,
		"count":   showCount,
		"style":   func() template.CSS { return template.CSS(style) },
		"service": showService,
		"name":    showName,
	}
	p := &pages{templates: map[string]*template.Template{}}
	for _, name := range []string{"search", "trace", "dependency", "message", "uploaded", "compare"} {
		t, err := template.New("frame.html").Funcs(funcs).ParseFS(pageFiles, "pages/frame.html", "pages/"+name+".html")
		if err != nil {
			return nil, fmt.Errorf("collector: pages: %w", err)
		}
		p.templates[name] = t
	}
	sum := sha256.Sum256(style)
	p.policy = "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; script-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	return p, nil
}

func (p *pages) write(w http.ResponseWriter, status int, name string, data page) {
	var text bytes.Buffer
	if err := p.templates[name].Execute(&text, data); err != nil {
		writeError(w, http.StatusInternalServerError, fmt.Errorf("the page could not be made: %w", err))
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", p.policy)
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(text.Bytes()) // an error means that the client has left
}

type message struct{ Heading, Text string }

func (p *pages) message(w http.ResponseWriter, status int, heading, text string) {
	p.write(w, status, "message", page{Title: heading, Body: message{heading, text}})
}

// redirect redirects the addresses of Zipkin's own pages to these.
func (c *Collector) redirect(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/zipkin"), "/")
	known := path == "" || path == "/dependency"
	if id, ok := strings.CutPrefix(path, "/traces/"); ok {
		_, err := parseTraceID(id)
		known = err == nil
	}
	if !known {
		c.pages.message(w, http.StatusNotFound, "No such page", "There is nothing at this address.")
		return
	}
	if path == "" {
		path = "/"
	}
	to := url.URL{Path: path, RawQuery: r.URL.RawQuery}
	http.Redirect(w, r, to.String(), http.StatusFound)
}

// script answers with the script of the pages, without which they are whole.
func (c *Collector) script(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "max-age=300")
	http.ServeFileFS(w, r, pageFiles, "pages/page.js")
}
