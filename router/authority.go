package router

import (
	"net/http"
	"strings"
)

// restoreHost puts the caller's host back where the answer of a replica that
// was given another one, its authority, names that (RewriteHostHeader.scala).
func restoreHost(h http.Header, authority, host string) {
	if authority == "" || host == "" {
		return
	}
	for _, name := range [...]string{"Location", "Refresh"} {
		for i, value := range h[name] {
			h[name][i] = strings.ReplaceAll(value, authority, host)
		}
	}
}
