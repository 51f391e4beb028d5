package admin

import (
	"html"
	"io"
	"net/http"
)

const htmlType = "text/html;charset=UTF-8"

// writePreformatted responds with a text: as it is or, for a browser, as a page.
func writePreformatted(w http.ResponseWriter, r *http.Request, title, text string) {
	w.Header().Add("Vary", "Accept")
	if !wantsHTML(r) {
		writeText(w, http.StatusOK, text)
		return
	}
	w.Header().Set("Content-Type", htmlType)
	w.Header().Set("Content-Security-Policy", "default-src 'none'")
	_, _ = io.WriteString(w, "<!doctype html><html lang=\"en\"><title>"+html.EscapeString(title)+"</title><pre>"+html.EscapeString(text)+"</pre></html>\n")
}
