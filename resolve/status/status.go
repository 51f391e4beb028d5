package status

import "github.com/meshhop/meshhop/resolve"

// Namer answers names that begin with an HTTP status. It needs no configuration.
type Namer struct{}

// Lookup implements [resolve.Namer]. A name that does not begin with a number
// from 100 to 599 is Neg. One from 100 to 199 fails with a
// [resolve.UnknownNamerError]: it would not end a request (RFC 9110 15.2), and
// Linkerd's callers wait for ever.
func (Namer) Lookup(p resolve.Path) *resolve.Activity[resolve.NameTree[resolve.Name]] {
	code := 0
	if !p.IsEmpty() {
		code = parse(p.Label(0))
	}
	switch {
	case code == 0:
		return resolve.Const(resolve.NameTree[resolve.Name]{})
	case code < 200:
		return resolve.FailedActivity[resolve.NameTree[resolve.Name]](
			&resolve.UnknownNamerError{Name: "io.buoyant.http.status", Path: p, Reason: "want a status from 200 to 599: one below is not an answer"})
	}
	return resolve.Const(resolve.LeafOf(resolve.Name{Bound: &resolve.Bound{
		ID:       p.Take(1),
		Addr:     resolve.Const(resolve.Replicas{Addresses: []resolve.Address{{Status: code, Weight: 1}}}),
		Residual: p.Drop(1),
	}}))
}

// parse gives a status of three digits, else 0.
func parse(s string) int {
	if len(s) != 3 || s[0] < '1' || s[0] > '5' {
		return 0
	}
	code := 0
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0
		}
		code = 10*code + int(c-'0')
	}
	return code
}
