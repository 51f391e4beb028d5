package config

import (
	"math"
	"strings"

	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// identifierSection is an identifier of a router.
type identifierSection struct {
	path  string
	at    Position
	kind  string
	keys  *Decoder
	build Part[router.Identifier]
}

// readIdentifiers reads one identifier or a list of them.
func readIdentifiers(of *Decoder, kinds Kinds) []identifierSection {
	const key = "identifier"
	n := of.take(key)
	if n == nil {
		return nil
	}
	var groups []*Decoder
	if n.shape != list {
		groups = []*Decoder{of.group(n, of.at.child(key))}
	} else if groups = of.Groups(key); len(groups) == 0 {
		of.Errorf(key, "an empty list of identifiers identifies nothing; leave the key out for io.l5d.header.token")
	}
	var all []identifierSection
	for _, d := range groups {
		section := identifierSection{path: d.Path(), at: d.Position(), keys: d}
		var ok bool
		section.build, section.kind, ok = kindOf(d, identifiers, kinds.Identifiers)
		d.Done()
		if ok {
			all = append(all, section)
		}
	}
	return all
}

// headerTokenIdentifier is io.l5d.header.token.
func headerTokenIdentifier(d *Decoder) (Part[router.Identifier], error) {
	return Ready(router.HeaderToken(fieldName(d, "header", "Host"))), nil
}

// headerIdentifier is io.l5d.header.
func headerIdentifier(d *Decoder) (Part[router.Identifier], error) {
	return Ready(router.HeaderPath(fieldName(d, "header", wire.Lower(wire.NameName)))), nil
}

// methodAndHostIdentifier is io.l5d.methodAndHost.
func methodAndHostIdentifier(d *Decoder) (Part[router.Identifier], error) {
	return Ready(router.MethodAndHost(d.Bool("httpUriInDst", false))), nil
}

// pathIdentifier is io.l5d.path.
func pathIdentifier(d *Decoder) (Part[router.Identifier], error) {
	return Ready(router.PathSegments(d.Int("segments", 1, 1, math.MaxInt32), d.Bool("consume", false))), nil
}

// staticIdentifier is io.l5d.static.
func staticIdentifier(d *Decoder) (Part[router.Identifier], error) {
	d.Need("path")
	return Ready(router.Static(d.Name("path", resolve.Path{}))), nil
}

// fieldName reads the name of a header, or of what HTTP/2 has in its place.
func fieldName(d *Decoder, key, absent string) string {
	switch name := d.Text(key, absent); name {
	case ":authority", ":method", ":path", ":scheme":
		return name
	}
	return headerName(d, key, absent)
}

// headerName reads the name of a header.
func headerName(d *Decoder, key, absent string) string {
	name := d.Text(key, absent)
	for _, c := range name {
		if c <= ' ' || c >= 0x7f || strings.ContainsRune("\"(),/:;<=>?@[\\]{}", c) {
			d.Errorf(key, "must be the name of an HTTP/1.1 header, not %s", quoted(name))
			return absent
		}
	}
	if name == "" {
		d.Errorf(key, "must be the name of an HTTP/1.1 header")
		return absent
	}
	return name
}
