package proxy

import (
	"net/http"
	"slices"

	"github.com/meshhop/meshhop/internal/wire"
)

// headerEdit is how the header of a request that is sent on differs from that of
// the request that came. It is read by the router and its transports.
type headerEdit struct {
	from    strangers // whose context stays behind
	named   []string  // so do the headers that Connection names
	via     []string  // as it came; once the request has passed, without the last line
	lastVia string    // with this hop
	upgrade string    // the protocols that are asked for; empty: none
	added   [2]struct{ name, value string }
	adds    int // how many are added
}

// add has a header go on that did not come, or another line of one that did.
func (e *headerEdit) add(name, value string) {
	e.added[e.adds].name, e.added[e.adds].value = name, value
	e.adds++
}

func (e *headerEdit) read(in *http.Request, from strangers) {
	e.from = from
	e.named = namedBy(in.Header)
	e.upgrade = askedUpgrade(in)
	if !slices.Contains(e.named, wire.ViaName) {
		e.via = in.Header[wire.ViaName]
	}
}

// passed adds this hop to Via, by its mark.
func (e *headerEdit) passed(mark string) {
	e.lastVia = mark
	if last := len(e.via) - 1; last >= 0 {
		e.via, e.lastVia = e.via[:last], e.via[last]+", "+mark
	}
}

// Omits says whether a header stays behind.
func (e *headerEdit) Omits(name string) bool {
	switch name {
	case wire.ViaName: // is written anew
		return true
	case wire.RetryableRequestName: // a caller's word to its own next hop (HttpNackFilter.scala)
		return true
	}
	return isHopByHop(name) ||
		wire.Alike(name, wire.XForwardedClientCertName) || // ours to vouch for, or nobody's
		e.from.bars(name) || slices.Contains(e.named, name)
}

// Field gives the headers that are new.
func (e *headerEdit) Field(i int) (name, value string, ok bool) {
	switch i -= len(e.via); {
	case i < 0:
		return wire.ViaName, e.via[i+len(e.via)], true
	case i == 0:
		return wire.ViaName, e.lastVia, true
	case i <= e.adds:
		return e.added[i-1].name, e.added[i-1].value, true
	}
	switch i -= e.adds; {
	case e.upgrade == "":
	case i == 1:
		return "Connection", "Upgrade", true
	case i == 2:
		return "Upgrade", e.upgrade, true
	}
	return "", "", false
}
