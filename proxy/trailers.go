package proxy

import (
	"maps"
	"net/http"
	"strings"

	"github.com/meshhop/meshhop/internal/httpx"
	"github.com/meshhop/meshhop/internal/wire"
)

// trailers are the fields after a message's body, on their way to the next hop.
//
// They are filtered as the header is: fields of one connection are dropped, those that
// Connection names among them, and with ClearContext those of the mesh. Fields that
// decide how a message is framed, routed, authenticated or understood are not allowed
// in trailers at all (RFC 9110 section 6.5.1; RFC 7230 section 4.1.2 lists them), and
// neither are those that a hop writes anew: a recipient that merges trailers into the
// header would believe them. See mayTrail.
type trailers struct {
	received   http.Header // filled when the body has been read to its end
	sent       http.Header // only the names that were announced, until then
	connection []string    // the values of Connection
	edit       *headerEdit // of a request; nil: of a response
	policy     contextPolicy
	verdict    bool // l5d-success-class is passed on
}

// requestTrailers returns the trailers of the request; nil if none are announced.
// Trailers that were not announced are sent only along with others that were: HTTP
// servers and clients in Go need the announcement.
func (x *exchange) requestTrailers() *trailers {
	x.out.Trailer = nil
	if len(x.in.Trailer) == 0 {
		return nil
	}
	t := &trailers{
		received: x.in.Trailer, sent: make(http.Header, len(x.in.Trailer)),
		connection: x.in.Header["Connection"], edit: &x.edit,
	}
	for name := range t.received {
		if t.allows(name) {
			t.sent[name] = nil
		}
	}
	if len(t.sent) == 0 {
		return nil
	}
	x.out.Trailer = t.sent
	return t
}

// forward passes on what was received.
func (t *trailers) forward() {
	if t == nil {
		return
	}
	for name, values := range t.received {
		if t.allows(name) {
			t.sent[name] = values
		}
	}
}

// mayTrail reports whether trailers may follow a response by HTTP/2 on its way to a client of
// HTTP/1.1: they are announced, or the client wants such as are not, as those of gRPC.
func (x *exchange) mayTrail(resp *http.Response) bool {
	return resp.ProtoMajor > 1 && x.in.ProtoMajor == 1 && x.in.ProtoMinor > 0 && resp.Body != http.NoBody &&
		(len(resp.Trailer) > 0 || x.local.TakesTrailers)
}

// filter removes the fields that are not sent on.
func (t *trailers) filter(h http.Header) {
	maps.DeleteFunc(h, func(name string, _ []string) bool { return !t.allows(name) })
}

func (t *trailers) allows(name string) bool {
	switch {
	case t.verdict && name == wire.SuccessClassName:
		return true
	case !mayTrail(name), t.edit != nil && t.edit.Omits(name), t.policy.drops(name):
		return false
	}
	return !httpx.HasToken(t.connection, name)
}

// mayTrail reports whether a field may follow a body. Names that are one and the same
// in CGI, such as l5d_dtab and l5d-dtab, count as the same.
func mayTrail(name string) bool {
	name = http.CanonicalHeaderKey(strings.NewReplacer("_", "-", ".", "-").Replace(name))
	switch name {
	case "Content-Length", "Keep-Alive": // framing and the connection; see isHopByHop
		return false
	case "Host", "Max-Forwards", "X-Real-Ip", wire.ViaName, wire.ForwardedName: // routing
		return false
	case "Authorization", "Proxy-Authentication-Info", "Www-Authenticate", "Cookie", "Set-Cookie": // authentication
		return false
	case "Cache-Control", "Expect", "Pragma", "Range", "Content-Encoding", "Content-Range", "Content-Type": // what the message means
		return false
	case "Age", "Date", "Expires", "Location", "Retry-After", "Vary", "Warning": // what the response means
		return false
	case wire.DeadlineName, wire.SuccessClassName: // hops write these, and those that IsRenewed knows
		return false
	case wire.BaggageName: // names no span; as in the header, it is dropped only with ClearContext
		return true
	}
	for _, prefix := range [...]string{"If-", "X-Forwarded-", "Finagle-Http-"} {
		if strings.HasPrefix(name, prefix) {
			return false
		}
	}
	return !isHopByHop(name) && !wire.IsRenewed(name) && !wire.IsForeignTrace(name)
}
