package router

import (
	"strings"

	"github.com/meshhop/meshhop/resolve"
)

const (
	// parsedDtabs is how many dtabs of requests are kept parsed. Callers that bring
	// any mostly bring the same, and reading one of 600 entries costs ten requests.
	parsedDtabs = 128
	// maxParsedText is how long the text of such a dtab may be.
	maxParsedText = 8 << 10
)

// parsedDtab is a dtab that requests brought, and its canonical form. It is
// immutable.
type parsedDtab struct {
	dtab resolve.Dtab
	text string
}

// ReadDtab sets the request's own dtab to what header values say, as
// [ParseLocalDtab] reads them. The error is an [*Error].
func (r *Router) ReadDtab(local *Local, values []string) error {
	if len(values) == 0 {
		return nil
	}
	key := values[0]
	if len(values) > 1 {
		key = strings.Join(values, "\n") // which no value holds
	}
	if p, ok := r.parsed.Get(key); ok {
		local.Dtab, local.DtabText = p.dtab, p.text
		return nil
	}
	dtab, err := ParseLocalDtab(values)
	if err != nil {
		return &Error{Kind: InvalidDtab, Err: err}
	}
	local.SetDtab(dtab)
	if len(key) <= maxParsedText {
		r.parsed.Add(key, parsedDtab{local.Dtab, local.DtabText})
	}
	return nil
}
