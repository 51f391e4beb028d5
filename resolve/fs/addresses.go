package fs

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// line is one address of a file.
type line struct {
	host   string
	port   uint16
	weight float64
}

// parse reads the text of a file. The error says which line is the first bad one, but
// does not show it: clients see the error, and the file may be any file.
func parse(text string) ([]line, error) {
	var out []line
	number := 0
	for raw := range strings.SplitSeq(text, "\n") {
		number++
		raw, _, _ = strings.Cut(raw, "#")
		raw = strings.TrimSpace(raw)
		if raw == "" {
			continue
		}
		l, ok := parseLine(raw)
		if !ok {
			return nil, fmt.Errorf("malformed address: line %d is not an address", number)
		}
		out = append(out, l)
	}
	return out, nil
}

// parseLine reads "host port" or "host port * weight".
func parseLine(s string) (line, bool) {
	f := strings.Fields(s)
	if len(f) != 2 && (len(f) != 4 || f[2] != "*") {
		return line{}, false
	}
	l := line{host: f[0], weight: 1}
	port, err := strconv.ParseUint(f[1], 10, 16)
	if err != nil || port == 0 {
		return line{}, false
	}
	l.port = uint16(port)
	if len(f) == 4 {
		l.weight, err = strconv.ParseFloat(f[3], 64)
		if err != nil || l.weight < 0 || math.IsInf(l.weight, 0) || math.IsNaN(l.weight) {
			return line{}, false
		}
	}
	return l, true
}
