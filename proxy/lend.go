package proxy

// lend says to the server that nobody has kept anything of the request, if that is so: the
// server has called this handler, with nothing in between that may have kept it, the router
// says the same of what got it there, nobody has waited for its context, and all went as
// usual. Then its memory, that of the router and x serve other requests, and the caller has
// nothing more to do with x.
func (x *exchange) lend() {
	if x.heads == nil || x.heads.Waited.Load() || !x.whole || x.local.Lent == nil || x.body != nil || x.edit.upgrade != "" || !x.alone {
		return
	}
	x.heads.Lent = true
	x.local.Lent.GiveBack()
	h := x.handler
	*x = exchange{}
	if !raced { // else the race detector finds who still has it
		h.exchanges.Put(x)
	}
}
