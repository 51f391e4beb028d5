package proxy

import (
	"strconv"
	"strings"

	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/resolve"
)

// Named is called once a request has its name: its mark goes into Via, and a
// request that has this mark already is refused. Retries come with the Via of
// the first attempt and have no mark of the hops behind this one.
func (x *exchange) Named(name resolve.Path, dtab string) error {
	via := x.in.Header[wire.ViaName]
	mark := x.marker.write(&x.mark, hopName(x.in.ProtoMajor, x.in.ProtoMinor), name, dtab)
	if isIn(via, mark) {
		return &loopError{server: x.config.ServiceName, router: x.config.Router.Label(), name: name, dtab: dtab, via: via, mark: mark}
	}
	x.edit.passed(mark)
	return nil
}

// loopError refuses a request that has come to this server before, with the same
// name.
type loopError struct {
	server, router string
	name           resolve.Path
	dtab           string
	via            []string
	mark           string
}

// How much is told of a way.
const (
	maxStations    = 20
	maxStationText = 100
	maxNameText    = 1000
)

// Error tells the way that the request went, a line for each station.
func (e *loopError) Error() string {
	var b strings.Builder
	b.WriteString("This request goes round in a loop: it comes to server " + e.server + " of router " + e.router + " again with the same name.\n\nname: ")
	b.WriteString(shortened(e.name.String(), maxNameText))
	if e.dtab != "" {
		b.WriteString("\noverride dtab: " + shortened(e.dtab, maxNameText))
	}
	b.WriteString("\nits way, from the first proxy to the last (Via):\n")
	way := stations(e.via)
	if left := len(way) - maxStations; left > 0 {
		b.WriteString("  ... " + strconv.Itoa(left) + " more ...\n")
	}
	here := false
	for i, station := range way {
		at := strings.Contains(station, e.mark[commentAt:])
		last := len(way) - i
		// Of a long way the end, and the place where the loop begins.
		if last > maxStations && (!at || here) {
			continue
		}
		b.WriteString("  " + shortened(station, maxStationText))
		if at && !here {
			here = true
			b.WriteString(" <- here")
		}
		b.WriteByte('\n')
	}
	b.WriteString("  and here again\n")
	return b.String()
}

// shortened is a text of at most max bytes and dots.
func shortened(s string, max int) string {
	if len(s) <= max {
		return s
	}
	return truncate(s, max) + "..."
}
