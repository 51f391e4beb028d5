package config

import (
	"github.com/meshhop/meshhop/internal/dtabpos"
	"github.com/meshhop/meshhop/resolve"
)

// maxDtabPlaces bounds the work for a dtab of thousands of entries: the later ones have
// no positions.
const maxDtabPlaces = 1000

// dtabPlaces reads a dtab as [Decoder.Dtab] does, and returns the position of each entry
// in the file, or of the dtab where the position of the entry is not known.
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
