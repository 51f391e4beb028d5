package h1

import "net/http"

// The memory of a request, with the maps of the two headers, serves a later one if its
// handler says that nobody has kept anything of it: see [h1wire.Heads]. What a client or a
// server behind has sent is never in it: the texts of heads are made anew for each message,
// and so the memory has nothing but references to them, which are dropped before it is put
// back. With the race detector it is never used again, but spoilt: whoever kept something
// would be found.

// mostKept is how many fields a header may have whose map is used again.
const mostKept = 8

// newMemory returns the memory of a request.
func (c *conn) newMemory() *exchange {
	x := c.spare
	if x == nil {
		return &exchange{}
	}
	c.spare = nil
	return x
}

// giveBack takes the memory of a request that has ended, if it can serve another one.
func (c *conn) giveBack(x *exchange) {
	if !x.ctx.heads.Lent || !c.isAlone(x) {
		return
	}
	if spoil(x) {
		return
	}
	x.reset()
	c.spare = x
}

// isAlone reports whether no goroutine but that of the connection has had anything of the
// request. One that waits for its context would have asked for that, and one that reads its
// body may do so for longer than the handler.
func (c *conn) isAlone(x *exchange) bool {
	return x.body.x == nil && !x.w.hijacked && c.raw != nil && !x.ctx.heads.Waited.Load() && c.lookers.Load() == 0
}

// reset forgets the request, and keeps the maps, empty.
func (x *exchange) reset() {
	in, out := emptied(x.header), emptied(x.w.header)
	*x = exchange{header: in, w: response{header: out}}
}

func emptied(h http.Header) http.Header {
	if len(h) > mostKept {
		return nil
	}
	clear(h)
	return h
}

// look calls f with the request that is being served, if there is one, which is not used for
// another one meanwhile. Others than the goroutine of the connection find it in this way.
func (c *conn) look(f func(x *exchange)) {
	c.lookers.Add(1)
	defer c.lookers.Add(-1)
	if x := c.current.Load(); x != nil {
		f(x)
	}
}
