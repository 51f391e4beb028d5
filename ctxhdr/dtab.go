package ctxhdr

import (
	"net/http"
	"slices"
)

// DtabTexts returns the values of the headers that override delegations, each
// a whole dtab that has yet to be parsed: every l5d-ctx-dtab, then every
// l5d-dtab. Later ones win. It returns nil if there are none.
func DtabTexts(h http.Header) []string {
	ctx, user := values(h, CtxDtabName), values(h, DtabName)
	if len(ctx)+len(user) == 0 {
		return nil
	}
	return slices.Concat(ctx, user)
}

// SetDtab makes text the only l5d-ctx-dtab header of h and removes l5d-dtab,
// which must not travel further. An empty text removes both.
func SetDtab(h http.Header, text string) {
	Del(h, CtxDtabName, DtabName)
	if text != "" {
		h[CtxDtabName] = []string{text}
	}
}
