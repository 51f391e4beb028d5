package k8s

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s/internal/api"
)

// Describe is the method that [resolve.Namer] speaks of: "endpointslices of default/hello, 3
// addresses, read 2s ago and watched since, through localhost:8001", or what the
// server last said if that was an error. It knows only names that are in use.
func (n *Namer) Describe(p resolve.Path) string {
	name, ok := parse(p, n.namespace, n.selector)
	if !ok {
		return "no Service of Kubernetes can have that name"
	}
	var parts []string
	if name.number != 0 || n.hosts != nil {
		if s, ok := api.PeekWatch[*service](n.client.api, serviceQuery(name.of)); ok && s.Status == resolve.OK {
			parts = append(parts, told(n.client, name.of, s.Value.Report, n.aboutService(name, s.Value.Items)))
		}
	}
	if s, ok := api.Peek[backing](n.client.api, name.of); ok && s.Status == resolve.OK && n.hosts == nil {
		ready := 0
		for _, g := range s.Value.groups {
			ready += len(g.ready)
		}
		parts = append(parts, told(n.client, name.of, s.Value.report, count(ready, "address", "addresses")))
	}
	return strings.Join(parts, "; ")
}

// aboutService is what of a Service a name depends on.
func (n *Namer) aboutService(name name, found []*service) string {
	switch {
	case len(found) == 0:
		return "there is none"
	case found[0].Spec.Type == "ExternalName":
		host := found[0].Spec.ExternalName
		return fmt.Sprintf("an ExternalName, which has no pods: use /$/inet/%s/%d", host, max(int(name.number), 1))
	case n.hosts != nil:
		b := balancersOf(found, name)
		return count(len(b.ips)+len(b.hosts), "load balancer for that port", "load balancers for that port")
	}
	var ports []string
	for _, p := range found[0].Spec.Ports {
		if isTCP(p.Protocol) {
			ports = append(ports, strconv.Itoa(p.Port))
		}
	}
	if len(ports) == 0 {
		return "without ports"
	}
	const most = 5
	if len(ports) > most {
		ports = append(ports[:most], "...")
	}
	return "ports " + strings.Join(ports, ", ")
}

// told says what was read, and how old that is.
func told(c *Client, o of, report *api.Report, what string) string {
	h := report.Now()
	text := h.Query.Plural + " of " + o.String() + ", " + what + ", "
	if h.Trouble {
		return text + age(h.TroubleSince) + " old: " + h.LastError + ", from " + c.api.Server()
	}
	text += "read " + age(h.ReadAt()) + " ago"
	if h.Streaming {
		text += " and watched since,"
	}
	return text + " through " + c.api.Server()
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

func age(since time.Time) string {
	d := time.Since(since)
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
