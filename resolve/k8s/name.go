package k8s

import (
	"strconv"
	"strings"

	"github.com/meshhop/meshhop/internal/k8sname"
	"github.com/meshhop/meshhop/resolve"
)

// name is what the segments of a path say.
type name struct {
	of
	port   string // its name, if number is 0
	number uint16
	labels int          // how many segments it has
	id     resolve.Path // its segments, in lower case but for a label's value
}

// parse reads a path, which may be a stranger's. ok is false for one that cannot
// be the name of anything.
func parse(p resolve.Path, namespace, selector string) (n name, ok bool) {
	n.labels = 3
	if namespace != "" {
		n.labels = 2
	}
	service := n.labels - 1
	if selector != "" {
		n.labels++
	}
	if p.Len() < n.labels {
		return n, false
	}
	for i := range n.labels {
		segment := p.Label(i)
		if len(segment) > 63 {
			return n, false
		}
		if i > service { // the value of the label
			if !k8sname.IsLabelValue(segment) {
				return n, false
			}
			n.label = selector + "=" + segment
		} else {
			segment = strings.ToLower(segment)
			if !k8sname.IsLabel(segment) {
				return n, false
			}
		}
		switch i {
		case service - 2:
			n.namespace = segment
		case service - 1:
			n.port = segment
		case service:
			n.service = segment
		}
		n.id = n.id.AppendLabel(segment)
	}
	if namespace != "" {
		n.namespace = namespace
	}
	if digits(n.port) {
		number, err := strconv.ParseUint(n.port, 10, 16)
		if err != nil || number == 0 {
			return n, false
		}
		n.port, n.number = "", uint16(number)
	}
	return n, true
}

// digits says whether a port is a number. A port's name has a letter.
func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }
