package proxy

import "net/http"

// lend says to the server that nobody has kept anything of the request, if that is so: the
// server has called this handler, with nothing in between that may have kept it, the router
// says the same of what got it there, and all went as usual.
func (x *exchange) lend() {
	if x.heads != nil && x.whole && x.local.Lent && x.body == nil && x.edit.upgrade == "" &&
		x.heads.Handler == http.Handler(x.self) {
		x.heads.Lent = true
	}
}
