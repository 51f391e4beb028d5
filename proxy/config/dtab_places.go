package config

import (
	"github.com/meshhop/meshhop/internal/dtabpos"
	"github.com/meshhop/meshhop/resolve"
)

// maxDtabPlaces bounds the work for a dtab of thousands of entries, of which
// the later ones then have no place.
const maxDtabPlaces = 1000

// dtabPlaces reads a dtab as [Decoder.Dtab] does, and says where in the file
// each entry begins, or where the dtab does, if nothing better can be known.
func (d *Decoder) dtabPlaces(key string) (dtab resolve.Dtab, places []string) {
	n := d.scalar(key)
	if n == nil {
		return nil, nil
	}
	dtab, err := resolve.ParseDtab(n.text)
	if err != nil {
		d.unparsable(key, n, "a dtab", err)
		return nil, nil
	}
	entries, _ := dtabpos.Scan(n.text)
	var begins []int
	for _, e := range entries[:min(len(entries), maxDtabPlaces)] {
		begins = append(begins, e.At)
	}
	for _, at := range d.insideAll(n, begins) {
		places = append(places, at.String())
	}
	return dtab, places
}
