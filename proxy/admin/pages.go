package admin

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
)

const plainText = "text/plain;charset=UTF-8"

// writeText responds with a text. Errors of writing are ignored: a client that left needs no
// response.
func writeText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", plainText)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

func joined(methods []string) string { return strings.Join(methods, ", ") }

func ping(w http.ResponseWriter, _ *http.Request) { writeText(w, http.StatusOK, "pong") }

func configPage(effective func() []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", jsonType)
		_, _ = w.Write(effective())
	})
}

// isIndex reports whether path is one of the list of all paths.
func isIndex(path string) bool {
	return path == "/" || path == "/admin" || path == "/admin/index.txt"
}

// listOf is a sorted list, a line each.
func listOf(names []string) string {
	slices.Sort(names)
	return strings.Join(names, "\n") + "\n"
}

// addIndex adds the list of all paths, itself included, to the pages. Browsers get the
// overview at /.
func addIndex(pages map[string]http.Handler) {
	var text string
	index := reading(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { writeText(w, http.StatusOK, text) }))
	pages["/"] = pageOr(pages["/"], index)
	pages["/admin"], pages["/admin/index.txt"] = index, index
	text = listOf(slices.Collect(maps.Keys(pages)))
}
