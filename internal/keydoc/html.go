package keydoc

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"html"
	"io"
	"net/http"
	"regexp"
	"strings"
)

const style = `
:root{color-scheme:light dark;background:Canvas;color:CanvasText}
body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:0 auto;padding:1rem;overflow-wrap:break-word}
h2{border-bottom:1px solid GrayText;margin-top:2.5rem}
h2 a,h3 a{color:inherit;text-decoration:none}
code{font-family:ui-monospace,monospace;font-size:.9em}
nav ul{columns:14rem;padding-left:1.2rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{border-bottom:1px solid GrayText;padding:.3rem .6rem .3rem 0;text-align:left;vertical-align:top}
tr:target,h2:target,h3:target{background:Mark;color:MarkText}
`

// HTML writes the reference as one page that needs nothing else.
func (r *Reference) HTML(w io.Writer) error { return r.page(w, "") }

// page writes the page, with a link to what it is a part of, if home is not empty.
func (r *Reference) page(w io.Writer, home string) error {
	b := &page{links: r.links()}
	b.put(`<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>`,
		html.EscapeString(r.Title), `</title><style>`, style, `</style></head><body>`, home, `<main><h1>`, html.EscapeString(r.Title), "</h1>\n")
	for i, s := range r.Sections {
		b.section(s)
		if i == 0 {
			b.contents(r)
		}
	}
	b.put("</main></body></html>\n")
	_, err := w.Write(b.Bytes())
	return err
}

// page is the text of a page.
type page struct {
	bytes.Buffer
	links *strings.Replacer // what is put for the name of a section
}

func (b *page) put(parts ...string) {
	for _, part := range parts {
		b.WriteString(part)
	}
}

func (b *page) contents(r *Reference) {
	b.put("<nav aria-label=\"Contents\"><ul>\n")
	for _, s := range r.Sections[1:] {
		b.put(`<li><a href="#`, s.Anchors[0], `">`, html.EscapeString(s.Title), "</a></li>\n")
	}
	b.put("</ul></nav>\n")
}

func (b *page) section(s *Section) {
	if s.Title != "" {
		for _, other := range s.Anchors[1:] {
			b.put(`<span id="`, other, `"></span>`)
		}
		b.put(`<h2 id="`, s.Anchors[0], `"><a href="#`, s.Anchors[0], `">`, html.EscapeString(s.Title), "</a></h2>\n")
	}
	for _, block := range s.Blocks {
		switch {
		case block.Keys != nil:
			b.keys(block.Keys)
		case block.Rows != nil:
			b.rows(block.Rows)
		case block.List != nil:
			b.put("<ul>\n")
			for _, item := range block.List {
				b.put("<li>", b.inline(item), "</li>\n")
			}
			b.put("</ul>\n")
		default:
			b.put("<p>", b.inline(block.Paragraph), "</p>\n")
		}
	}
	for _, k := range s.Kinds {
		title := "<code>" + html.EscapeString(k.Name) + "</code>"
		if k.Name == everyKind {
			title = "Keys of every kind"
		}
		b.put(`<h3 id="`, k.Anchor, `"><a href="#`, k.Anchor, `">`, title, "</a></h3>\n")
		if k.About != "" {
			b.put("<p>", b.inline(k.About), "</p>\n")
		}
		if k.Keys != nil {
			b.keys(k.Keys)
		}
	}
}

func (b *page) keys(keys []Key) {
	b.put("<div class=\"wide\" tabindex=\"0\"><table><thead><tr><th scope=\"col\">Key</th><th scope=\"col\">Default</th><th scope=\"col\">What it does</th><th scope=\"col\">Go</th></tr></thead><tbody>\n")
	for _, k := range keys {
		name := html.EscapeString(k.Name)
		b.put(`<tr id="`, html.EscapeString(k.Anchor), `"><td><code>`, name, "</code></td><td>", b.inline(k.Default), "</td><td>", b.inline(k.What), "</td><td>", b.inline(k.Go), "</td></tr>\n")
	}
	b.put("</tbody></table></div>\n")
}

func (b *page) rows(rows [][]string) {
	b.put("<div class=\"wide\" tabindex=\"0\"><table>\n")
	for i, row := range rows {
		b.put("<tr>")
		for _, cell := range row {
			if i == 0 {
				b.put(`<th scope="col">`, b.inline(cell), "</th>")
			} else {
				b.put("<td>", b.inline(cell), "</td>")
			}
		}
		b.put("</tr>\n")
	}
	b.put("</table></div>\n")
}

var (
	aCode     = regexp.MustCompile("`([^`]*)`")
	anEm      = regexp.MustCompile(`\*([a-z]+)\*`)
	unescaper = strings.NewReplacer(`\<`, "<", `\>`, ">", `\*`, "*", `\_`, "_")
)

// inline is the text of a paragraph or a cell.
func (b *page) inline(text string) string {
	text = html.EscapeString(unescaper.Replace(text))
	text = anEm.ReplaceAllString(text, "<em>$1</em>")
	text = aCode.ReplaceAllString(text, "<code>$1</code>")
	return b.links.Replace(text)
}

// links replaces what refers to a section with a link to it: a name that ends in [], and
// any after "see".
func (r *Reference) links() *strings.Replacer {
	var pairs []string
	for _, s := range r.Sections[1:] {
		title := html.EscapeString(s.Title)
		link := `<a href="#` + s.Anchors[0] + `">` + title + "</a>"
		if strings.HasSuffix(title, "[]") {
			pairs = append(pairs, title, link)
		} else {
			pairs = append(pairs, "see "+title, "see "+link)
		}
	}
	return strings.NewReplacer(pairs...)
}

// Handler serves the page, which links to the page of the path above as the dashboard. It
// lets browsers load nothing else, and run nothing.
func (r *Reference) Handler() http.Handler {
	var b bytes.Buffer
	_ = r.page(&b, `<header><a href="./">Dashboard</a></header>`) // a buffer does not fail
	sum := sha256.Sum256([]byte(style))
	policy := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html;charset=UTF-8")
		w.Header().Set("Content-Security-Policy", policy)
		_, _ = w.Write(b.Bytes())
	})
}
