package dnssrv

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// maxLacking is how many targets without addresses are told by name.
const maxLacking = 5

// lacking tells which targets have no addresses, and why, in order.
func lacking(targets map[string]target) string {
	var parts []string
	more := 0
	for _, host := range slices.Sorted(maps.Keys(targets)) {
		t := targets[host]
		switch {
		case len(t.ips) > 0:
		case len(parts) == maxLacking:
			more++
		case t.err != nil:
			parts = append(parts, strings.TrimSuffix(host, ".")+": "+t.err.Error())
		default:
			parts = append(parts, strings.TrimSuffix(host, ".")+": no such host")
		}
	}
	text := strings.Join(parts, "; ")
	if more > 0 {
		text += fmt.Sprintf("; and %d more hosts", more)
	}
	return text
}
