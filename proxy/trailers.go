package proxy

import (
	"maps"
	"net/http"
	"strings"

	"github.com/meshhop/meshhop/internal/httpx"
	"github.com/meshhop/meshhop/internal/wire"
)

// trailers are the fields behind a message's body, on their way to the next hop.
//
// They go through the sieve that the header goes through: fields of one
// connection stay here, those that Connection names among them, and those of
// strangers with ClearContext. Fields that decide how a message is framed,
// routed, authenticated or understood have no business there at all (RFC 9110
// section 6.5.1; RFC 7230 section 4.1.2 lists them), nor have those that a hop
// writes anew: who merges trailers into the header would believe them. See
// mayTrail.
type trailers struct {
	came       http.Header // filled by the reader of the body when that ends
	sent       http.Header // only the names that were announced, until then
	connection []string    // the values of Connection
	edit       *headerEdit // nil: of an answer
	from       strangers   // whose context stays behind
}

// requestTrailers is the sieve for the trailers of the request; nil if none are
// announced. Those that are not are sent with the others, and not alone: HTTP's
// own servers and clients in Go know them only by the announcement.
func (x *exchange) requestTrailers() *trailers {
	x.out.Trailer = nil
	if len(x.in.Trailer) == 0 {
		return nil
	}
	t := &trailers{
		came: x.in.Trailer, sent: make(http.Header, len(x.in.Trailer)),
		connection: x.in.Header["Connection"], edit: &x.edit,
	}
	for name := range t.came {
		if t.pass(name) {
			t.sent[name] = nil
		}
	}
	if len(t.sent) == 0 {
		return nil
	}
	x.out.Trailer = t.sent
	return t
}

// take passes on what has come.
func (t *trailers) take() {
	if t == nil {
		return
	}
	for name, values := range t.came {
		if t.pass(name) {
			t.sent[name] = values
		}
	}
}

// sift removes from the trailers what stays here.
func (t *trailers) sift(h http.Header) {
	maps.DeleteFunc(h, func(name string, _ []string) bool { return !t.pass(name) })
}

func (t *trailers) pass(name string) bool {
	switch {
	case !mayTrail(name), t.edit != nil && t.edit.Omits(name), t.from.bars(name):
		return false
	}
	return !httpx.HasToken(t.connection, name)
}

// mayTrail says whether a field may stand behind a body. It takes names that CGI
// does not tell apart for the same.
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
	case "Age", "Date", "Expires", "Location", "Retry-After", "Vary", "Warning": // what the answer means
		return false
	case wire.DeadlineName, wire.SuccessClassName: // a hop's word, as are those that IsRenewed knows
		return false
	case wire.BaggageName: // names no span; as in the header it stays here only with ClearContext
		return true
	}
	for _, prefix := range [...]string{"If-", "X-Forwarded-", "Finagle-Http-"} {
		if strings.HasPrefix(name, prefix) {
			return false
		}
	}
	return !isHopByHop(name) && !wire.IsRenewed(name) && !wire.IsForeignTrace(name)
}
