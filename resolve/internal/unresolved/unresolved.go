// Package unresolved tells people which hosts have no addresses, for namers that
// look up many at a time.
package unresolved

import (
	"fmt"
	"strings"
)

// maxNamed is how many hosts are told by name.
const maxNamed = 5

// Hosts are those that have no addresses. The zero value is none.
type Hosts struct {
	seen  map[string]bool
	parts []string
}

// Add adds a host and why it has no addresses, as [Why] does. A host that is there
// already is not added.
func (h *Hosts) Add(host string, err error) {
	if h.seen[host] {
		return
	}
	if h.seen == nil {
		h.seen = make(map[string]bool)
	}
	h.seen[host] = true
	if len(h.parts) < maxNamed {
		h.parts = append(h.parts, Why(host, err))
	}
}

// String names the first hosts in the order in which they were added, each with
// why, and says how many more there are. It is "" if there are none.
func (h *Hosts) String() string {
	text := strings.Join(h.parts, "; ")
	if more := len(h.seen) - len(h.parts); more > 0 {
		text += fmt.Sprintf("; and %d more hosts", more)
	}
	return text
}

// Why says why a host has no addresses: err, or that it does not exist.
func Why(host string, err error) string {
	if err == nil {
		return host + ": no such host"
	}
	return host + ": " + err.Error()
}
