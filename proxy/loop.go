package proxy

import (
	"strconv"
	"strings"

	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/resolve"
)

// Named is called when the request has its name. It adds the request's mark to Via, and
// refuses a request that has this mark already. Retries have the Via of the first
// attempt, without the marks of the hops after this one.
func (x *exchange) Named(name resolve.Path, dtab string) error {
	via := x.in.Header[wire.ViaName]
	mark := x.marker.write(&x.mark, hopName(x.in.ProtoMajor, x.in.ProtoMinor), name, dtab)
	if isIn(via, mark) {
		return &loopError{server: x.config.ServiceName, router: x.config.Router.Label(), name: name, dtab: dtab, via: via, mark: mark}
	}
	x.edit.passed(mark, x.in.ProtoMajor == 2)
	return nil
}

// loopError refuses a request that has passed this server before with the same name.
type loopError struct {
	server, router string
	name           resolve.Path
	dtab           string
	via            []string
	mark           string
}

// Bounds of what the error shows.
const (
	maxProxies   = 20
	maxProxyText = 100
	maxNameText  = 1000
)

// Error shows the proxies that the request has passed, one a line.
func (e *loopError) Error() string {
	var b strings.Builder
	b.WriteString("This request goes round in a loop: it comes to server " + e.server + " of router " + e.router + " again with the same name.\n\nname: ")
	b.WriteString(shortened(e.name.String(), maxNameText))
	if e.dtab != "" {
		b.WriteString("\noverride dtab: " + shortened(e.dtab, maxNameText))
	}
	b.WriteString("\nthe proxies that it passed, from the first to the last (Via):\n")
	proxies := viaMembers(e.via)
	if left := len(proxies) - maxProxies; left > 0 {
		b.WriteString("  ... " + strconv.Itoa(left) + " more ...\n")
	}
	here := false
	for i, member := range proxies {
		at := strings.Contains(member, comment(e.mark))
		last := len(proxies) - i
		// Of many proxies it shows the last ones, and the one where the loop begins.
		if last > maxProxies && (!at || here) {
			continue
		}
		b.WriteString("  " + shortened(member, maxProxyText))
		if at && !here {
			here = true
			b.WriteString(" <- here")
		}
		b.WriteByte('\n')
	}
	b.WriteString("  and here again\n")
	return b.String()
}

// shortened returns at most limit bytes of a text, followed by dots if it is cut.
func shortened(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return truncate(s, limit) + "..."
}
