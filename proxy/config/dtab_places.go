package config

import "github.com/meshhop/meshhop/resolve"

// maxDtabPlaces bounds the work for a dtab of thousands of entries, of which
// the later ones then have no place.
const maxDtabPlaces = 1000

// dtabPlaces says where in the file each entry of a dtab begins, or where the
// dtab does, if nothing better can be known.
func (d *Decoder) dtabPlaces(key string) []string {
	n := d.take(key)
	if n == nil || n.shape != scalar {
		return nil
	}
	_, begins, err := resolve.ParseDtabPlaces(n.text)
	if err != nil {
		return nil // which was reported
	}
	var places []string
	for _, at := range d.insideAll(n, begins[:min(len(begins), maxDtabPlaces)]) {
		places = append(places, at.String())
	}
	return places
}
