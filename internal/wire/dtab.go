package wire

import (
	"net/http"
	"slices"
)

// Dtabs returns the values of the headers that override delegations, each
// a whole dtab that has yet to be parsed: every l5d-ctx-dtab, then every
// l5d-dtab. Later ones win. It returns nil if there are none.
func Dtabs(h http.Header) []string {
	ctx, user := Values(h, CtxDtabName), Values(h, DtabName)
	if len(ctx)+len(user) == 0 {
		return nil
	}
	return slices.Concat(ctx, user)
}
