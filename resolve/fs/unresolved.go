package fs

import (
	"fmt"
	"strings"
)

// maxUnresolved is how many hosts without addresses are told by name.
const maxUnresolved = 5

// unresolved tells which hosts have no addresses.
type unresolved struct {
	seen  map[string]bool
	parts []string
}

func (u *unresolved) add(host string, err error) {
	if u.seen[host] {
		return
	}
	if u.seen == nil {
		u.seen = make(map[string]bool)
	}
	u.seen[host] = true
	if len(u.parts) < maxUnresolved {
		u.parts = append(u.parts, whyNot(host, err))
	}
}

func (u *unresolved) String() string {
	text := strings.Join(u.parts, "; ")
	if more := len(u.seen) - len(u.parts); more > 0 {
		text += fmt.Sprintf("; and %d more hosts", more)
	}
	return text
}

// whyNot says why a host has no addresses: err, or that it does not exist.
func whyNot(host string, err error) string {
	if err == nil {
		return host + ": no such host"
	}
	return host + ": " + err.Error()
}
