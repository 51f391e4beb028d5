package inbound

import (
	"errors"
	"strings"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/meshhop/meshhop/internal/limits"
	"github.com/meshhop/meshhop/resolve"
)

const (
	// parsedDtabs is how many dtabs of requests are kept parsed. Clients that bring
	// any mostly bring the same, and reading one of 600 entries costs ten requests.
	parsedDtabs = 128
	// maxParsedText is how long the text of such a dtab may be.
	maxParsedText = 8 << 10
)

// Dtabs reads the dtabs of requests, and remembers those that it has read. It is safe
// for concurrent use.
type Dtabs struct {
	parsed *lru.Cache[string, parsedDtab] // by their text
}

// parsedDtab is a dtab that requests brought, and its canonical form. It is immutable.
type parsedDtab struct {
	dtab resolve.Dtab
	text string
}

// NewDtabs returns a Dtabs that remembers nothing yet.
func NewDtabs() *Dtabs {
	parsed, err := lru.New[string, parsedDtab](parsedDtabs)
	if err != nil {
		panic("inbound: " + err.Error()) // the size is positive
	}
	return &Dtabs{parsed}
}

// Read sets the request's own dtab to what header values say, as [ParseDtab] reads them.
func (d *Dtabs) Read(r *Request, values []string) error {
	if len(values) == 0 {
		return nil
	}
	key := values[0]
	if len(values) > 1 {
		key = strings.Join(values, "\n") // which no value holds
	}
	if p, ok := d.parsed.Get(key); ok {
		r.Dtab, r.DtabText = p.dtab, p.text
		return nil
	}
	dtab, err := ParseDtab(values)
	if err != nil {
		return err
	}
	r.SetDtab(dtab)
	if len(key) <= maxParsedText {
		d.parsed.Add(key, parsedDtab{r.Dtab, r.DtabText})
	}
	return nil
}

// ParseDtab parses dtab header values, each a whole dtab of its own, and joins them in
// order. The error is the first value's that does not parse. Together they are held to
// the limits of one dtab.
func ParseDtab(values []string) (resolve.Dtab, error) {
	var dtab resolve.Dtab
	var size int
	for _, value := range values {
		more, err := resolve.ParseDtab(value)
		if err != nil {
			return nil, err
		}
		size += len(value)
		if dtab = append(dtab, more...); len(dtab) > limits.Dentries || size > limits.DtabBytes {
			return nil, errLongDtab
		}
	}
	return dtab, nil
}

var errLongDtab = errors.New("the request's dtabs together exceed the limit")
