package router

import (
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/meshhop/meshhop/internal/httpx"
	"github.com/meshhop/meshhop/internal/wire"
)

// diagnose is diagnostic tracing: a TRACE request with "l5d-add-context: true" has each
// hop on its way append to the response where it sent the request, and why there
// (DiagnosticTracer.scala). It also counts Max-Forwards down, of TRACE as Linkerd does
// and of OPTIONS as RFC 9110 section 7.6.2 demands; a request for which it is 0 is
// answered here and reaches no endpoint. All other requests pass.
//
// It stands below the choice of an endpoint, so that a request without one is refused
// as any other.
type diagnose struct {
	client *client
	below  stage
}

func (s *diagnose) do(x *exchange) (*http.Response, error) {
	switch x.out.Method {
	case http.MethodTrace:
		return s.trace(x)
	case http.MethodOptions:
		return s.options(x)
	}
	return s.below.do(x)
}

func (s *diagnose) done(x *exchange, o Outcome) {
	if !x.attempt.local {
		s.below.done(x, o)
	}
}

func (s *diagnose) trace(x *exchange) (*http.Response, error) {
	began := time.Now()
	left, has, err := maxForwards(x.out.Header)
	if err != nil {
		if x.out.ProtoMajor == 2 {
			return s.respond(x, http.StatusBadRequest, invalidMaxForwards2), nil
		}
		return s.respond(x, http.StatusBadRequest, invalidMaxForwards), nil
	}
	adds := asksForContext(x.out.Header) && left >= 0
	switch {
	case has && left == 0 && adds:
		return s.added(x, s.respond(x, http.StatusOK, ""), began), nil
	case has && left == 0:
		return s.respond(x, http.StatusOK, ""), nil
	}
	resp, err := s.forward(x, left)
	if err == nil && adds {
		resp = s.added(x, resp, began)
	}
	return resp, err
}

// options leaves what it cannot read to the endpoint, as Linkerd leaves all of it.
func (s *diagnose) options(x *exchange) (*http.Response, error) {
	left, has, err := maxForwards(x.out.Header)
	if err != nil || !has {
		return s.below.do(x)
	}
	if left == 0 {
		resp := s.respond(x, http.StatusNoContent, "")
		delete(resp.Header, "Content-Length")
		return resp, nil
	}
	return s.forward(x, left)
}

const (
	invalidMaxForwards  = "Invalid value for Max-Forwards header"
	invalidMaxForwards2 = "Invalid value for max-forwards header" // by HTTP/2 (H2DiagnosticTracer.scala)
)

// maxForwards reads the header of that name, as Finagle reads a number.
func maxForwards(h http.Header) (left int, has bool, err error) {
	text, has := wire.First(h, wire.MaxForwardsName)
	if !has {
		return 0, false, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	return int(n), true, err
}

// asksForContext reports whether the header asks for diagnostic tracing, in one of the
// words that Finagle takes for true.
func asksForContext(h http.Header) bool {
	text, _ := wire.First(h, wire.AddContextName)
	return text == "1" || httpx.EqualFold(text, "true") || httpx.EqualFold(text, "t")
}

// forward sends the request on, with one of the hops that it is allowed less. A retry
// is allowed as many as this attempt.
func (s *diagnose) forward(x *exchange, left int) (*http.Response, error) {
	if left <= 0 {
		return s.below.do(x)
	}
	out := x.out
	defer func() { x.out = out }()
	x.out = out.WithContext(out.Context())
	x.out.Header = maps.Clone(out.Header)
	wire.Set(x.out.Header, wire.MaxForwardsName, strconv.Itoa(left-1))
	return s.below.do(x)
}

// respond answers in place of the endpoint.
func (s *diagnose) respond(x *exchange, status int, text string) *http.Response {
	x.attempt.local = true
	resp := NewResponse(x.out, status, text)
	delete(resp.Header, "Content-Type")
	x.attempt.follow(resp)
	return resp
}

// Bounds of the response that the context is appended to: Linkerd buffers one of up to 5
// KiB whose length is known (streamAfterContentLengthKB). Of one that consists of the
// context of many hops more is taken.
const (
	maxTraced  = 5 << 10
	maxContext = 256 << 10
)

// added appends the context of this hop to a response.
func (s *diagnose) added(x *exchange, resp *http.Response, began time.Time) *http.Response {
	if resp.StatusCode == http.StatusNoContent || resp.StatusCode == http.StatusNotModified || resp.StatusCode < http.StatusOK {
		return resp // which cannot have a body
	}
	wantsJSON := httpx.Accepts(x.out.Header, "application/json")
	if x.out.ProtoMajor == 2 && !wantsJSON {
		return s.followed(x, resp, began)
	}
	gathered := wantsJSON && resp.Header.Get("Content-Type") == contextType
	text, ok := bodyText(resp, gathered)
	if !ok {
		text = discardedText(resp)
	}
	c := s.context(x, wantsJSON)
	c.took = time.Since(began)
	if wantsJSON {
		text = c.json(resp, text, gathered && ok)
		resp.Header["Content-Type"] = []string{contextType}
	} else {
		text = strings.TrimFunc(text, isScalaBlank) + "\n\n" + c.text()
	}
	resp.Trailer, resp.TransferEncoding = nil, nil
	resp.Header["Content-Length"] = []string{strconv.Itoa(len(text))}
	resp.ContentLength = int64(len(text))
	resp.Body = io.NopCloser(strings.NewReader(text))
	return resp
}

// followed is added by HTTP/2: the context stands behind the body, whatever that is, and
// before its trailers (H2DiagnosticTracer.scala).
func (s *diagnose) followed(x *exchange, resp *http.Response, began time.Time) *http.Response {
	c := s.context(x, false)
	c.took = time.Since(began)
	text := "\n" + strings.TrimFunc(c.text(), isScalaBlank) + "\n"
	delete(resp.Header, "Content-Length")
	if resp.ContentLength = -1; resp.Body == http.NoBody {
		resp.ContentLength = int64(len(text))
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(resp.Body, strings.NewReader(text)), resp.Body}
	return resp
}

// isScalaBlank is what Scala's trim takes away.
func isScalaBlank(r rune) bool { return r <= ' ' }

// bodyText reads the response's body; ok is false if it is of a kind that is discarded.
// The exchange with the endpoint is over then.
func bodyText(resp *http.Response, gathered bool) (text string, ok bool) {
	defer resp.Body.Close()
	limit := int64(maxTraced)
	if gathered {
		limit = maxContext
	}
	if resp.ContentLength < 0 || resp.ContentLength > limit || resp.Header.Get("Content-Encoding") != "" {
		return "", false
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, limit))
	return string(data), err == nil && int64(len(data)) == resp.ContentLength
}

// discardedText stands in for a body that is discarded.
func discardedText(resp *http.Response) string {
	delete(resp.Header, "Content-Encoding")
	var b strings.Builder
	for _, name := range sortedNames(resp.Header) {
		for _, value := range resp.Header[name] {
			b.WriteString(name + ": " + value + "\n")
		}
	}
	b.WriteString("HTTP " + strconv.Itoa(resp.StatusCode) + " - " + http.StatusText(resp.StatusCode) +
		"\nDiagnostic trace encountered chunked response. Response content discarded.")
	return b.String()
}
