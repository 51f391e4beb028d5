package h2client

import (
	"net/http"
	"strings"

	"github.com/meshhop/meshhop/internal/httpx"
	"github.com/meshhop/meshhop/internal/relay"
)

// prepare makes the request one of HTTP/2. It changes the header and the URL.
func (t *Transport) prepare(req *http.Request, x *relay.Exchange) error {
	h := req.Header
	if len(h["Upgrade"]) > 0 && httpx.HasToken(h["Connection"], "upgrade") {
		return errUpgrade
	}
	trailers := x != nil && x.TakesTrailers || httpx.HasToken(h["Te"], "trailers")
	for _, value := range h["Connection"] {
		for name := range strings.SplitSeq(value, ",") {
			delete(h, http.CanonicalHeaderKey(httpx.TrimBlank(name)))
		}
	}
	for _, name := range [...]string{"Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade", "Te", "Trailer", "Http2-Settings"} {
		delete(h, name)
	}
	if trailers {
		h["Te"] = []string{"trailers"}
	}
	if _, ok := h["User-Agent"]; !ok {
		h["User-Agent"] = nil // or net/http would add its own
	}
	if req.Host == "" {
		req.Host = req.URL.Host
	}
	req.URL.Scheme = t.scheme
	if req.URL.Host == "" {
		req.URL.Host = t.config.Addr
	}
	return nil
}
