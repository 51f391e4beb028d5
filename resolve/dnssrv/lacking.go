package dnssrv

import (
	"maps"
	"slices"
	"strings"

	"github.com/meshhop/meshhop/resolve/internal/unresolved"
)

// lacking tells which targets have no addresses, and why, in order.
func lacking(targets map[string]target) string {
	var hosts unresolved.Hosts
	for _, host := range slices.Sorted(maps.Keys(targets)) {
		if t := targets[host]; len(t.ips) == 0 {
			hosts.Add(strings.TrimSuffix(host, "."), t.err)
		}
	}
	return hosts.String()
}
