package proxy

import (
	"net/http"
	"slices"
	"strings"

	"github.com/meshhop/meshhop/internal/wire"
)

// headerEdit is how the header of the request that is sent on differs from that of the
// request that came. The router and its transports read it.
type headerEdit struct {
	policy     contextPolicy // for the context headers that came
	connection []string      // the headers that Connection names, which are not sent on
	via        []string      // as it came; once the request has passed, without the last line
	lastVia    string        // the last line, with this hop
	upgrade    string        // the protocols that are asked for; empty: none
	added      [2]struct{ name, value string }
	adds       int // how many are added
}

// add adds a line of a header.
func (e *headerEdit) add(name, value string) {
	e.added[e.adds].name, e.added[e.adds].value = name, value
	e.adds++
}

func (e *headerEdit) read(in *http.Request, policy contextPolicy) {
	e.policy = policy
	e.connection = connectionNames(in.Header)
	e.upgrade = askedUpgrade(in)
	if !slices.Contains(e.connection, wire.ViaName) {
		e.via = in.Header[wire.ViaName]
	}
}

// passed adds this hop to Via, by its mark, or to all of its lines as one.
func (e *headerEdit) passed(mark string, joined bool) {
	e.lastVia = mark
	if joined && len(e.via) > 1 {
		e.via = []string{strings.Join(e.via, ", ")}
	}
	if last := len(e.via) - 1; last >= 0 {
		e.via, e.lastVia = e.via[:last], e.via[last]+", "+mark
	}
}

// Omits reports whether a header that came is not sent on.
func (e *headerEdit) Omits(name string) bool {
	switch name {
	case wire.ViaName: // Field has the new lines
		return true
	case wire.RetryableRequestName: // from the client to this hop alone (HttpNackFilter.scala)
		return true
	}
	return isHopByHop(name) ||
		wire.Alike(name, wire.XForwardedClientCertName) || // a client could claim any certificate in it
		e.policy.drops(name) || slices.Contains(e.connection, name)
}

// Field returns the i-th line of those that are added; ok is false after the last.
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
