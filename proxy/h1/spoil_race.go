//go:build race

package h1

// spoil overwrites the memory of a request that nobody should have any more, and reports that
// it must not be used again. Whoever reads it finds what no request has, and the race detector
// finds whoever does so meanwhile.
func spoil(x *exchange) bool {
	const spoilt = "spoilt: the request has ended"
	values := x.values[:]
	in, out := x.header, x.w.header
	*x = exchange{}
	for i := range values {
		values[i] = spoilt
	}
	for _, header := range []map[string][]string{in, out} {
		if header != nil {
			clear(header)
			header["Spoilt"] = []string{spoilt}
		}
	}
	x.url.Path = spoilt
	x.req.Method, x.req.Host, x.req.RequestURI, x.req.RemoteAddr, x.req.Proto = spoilt, spoilt, spoilt, spoilt, spoilt
	return true
}
