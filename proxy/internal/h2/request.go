package h2

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/http2/hpack"

	"github.com/meshhop/meshhop/internal/h2wire"
	"github.com/meshhop/meshhop/internal/httpx"
)

// request begins the request whose header section was read.
func (c *conn) request() error {
	b, s := &c.block, c.server
	st := newStream(c, b.stream)
	reason := st.read(b)
	c.mu.Lock()
	c.last = b.stream
	switch {
	case c.closed || c.broken != nil:
		c.mu.Unlock()
		return nil
	case len(c.streams) >= int(s.config.MaxConcurrentStreams), c.handlers >= 2*int(s.config.MaxConcurrentStreams):
		c.appendReset(st.id, h2wire.RefusedStream)
		c.startWriter()
		c.mu.Unlock()
		s.refusedStreams.Add(1)
		return c.spend(forReset)
	}
	st.window = h2wire.Window(c.initial)
	st.remoteEnded = b.end
	st.refusal = reason
	broken := isStreamError(reason)
	if !broken || s.config.Refuse != nil {
		c.handlers++
	}
	if broken {
		st.gone = &h2wire.ResetError{Code: h2wire.ProtocolError, Local: true}
		c.appendReset(st.id, h2wire.ProtocolError)
		c.startWriter()
	} else {
		c.streams[st.id] = st
		c.changed()
	}
	c.mu.Unlock()
	switch {
	case reason == nil:
		s.requests.Add(1)
	case broken:
		s.malformed.Add(1)
		fallthrough
	default:
		s.refused.Add(1)
	}
	if cause := s.aborted.Load(); cause != nil {
		st.ctx.cancel(*cause)
	}
	if !broken || s.config.Refuse != nil {
		s.workers.serve(st)
	}
	if reason != nil {
		return c.spend(forReset)
	}
	return nil
}

// read makes the request of a header section. An error is a *refusal, or a
// *h2wire.StreamError if the request is malformed.
func (st *stream) read(b *block) error {
	var head h2wire.Request
	fields, err := head.Read(b.fields)
	if b.tooLarge() {
		err = refuse(http.StatusRequestHeaderFieldsTooLarge, "header fields of %d bytes", b.size)
	}
	if err != nil {
		fields = nil
	}
	req := (&http.Request{
		Method: head.Method, URL: &st.url, Proto: "HTTP/2.0", ProtoMajor: 2, Host: head.Authority, RequestURI: head.Path,
		Header: make(http.Header, len(fields)), RemoteAddr: st.c.remote, TLS: st.c.tls, Body: http.NoBody,
	}).WithContext(&st.ctx)
	st.req = *req
	st.w.toHead = head.Method == http.MethodHead
	if err != nil {
		st.url.Path = head.Path
		return err
	}
	if st.req.Host == "" {
		st.req.Host = head.Host
	}
	addFields(st.req.Header, fields, &st.c.keys, st.values[:])
	if err := st.readLength(head.Length, b.end); err != nil {
		return err
	}
	return st.readTarget(&head)
}

// readLength says how long the body is.
func (st *stream) readLength(length int64, end bool) error {
	if end {
		st.body.err = errComplete
		if length > 0 {
			return h2wire.StreamFails(h2wire.ProtocolError, "content-length %d and no body", length)
		}
		return nil
	}
	st.body.left = length
	st.req.ContentLength = length
	st.req.Body = &st.body
	for _, list := range st.req.Header["Trailer"] {
		for name := range strings.SplitSeq(list, ",") {
			st.announce(http.CanonicalHeaderKey(httpx.TrimBlank(name)))
		}
	}
	return nil
}

// announce notes the name of a field that will be in the trailer section.
func (st *stream) announce(name string) {
	switch {
	case !httpx.IsToken(name) || name == "Content-Length" || name == "Transfer-Encoding" || name == "Trailer":
		return
	case st.req.Trailer == nil:
		st.req.Trailer = http.Header{}
	}
	if len(st.req.Trailer) < maxFields {
		st.req.Trailer[name] = nil
	}
}

// readTarget reads what the request is for, and what it expects.
func (st *stream) readTarget(head *h2wire.Request) error {
	req := &st.req
	switch {
	case head.Protocol != "" && !st.c.server.config.ExtendedConnect:
		return h2wire.StreamFails(h2wire.ProtocolError, "malformed request: :protocol, which was not allowed")
	case head.Protocol != "":
		req.Header[":protocol"] = []string{head.Protocol}
	case head.Method == http.MethodConnect:
		req.RequestURI = head.Authority
		st.url.Host = head.Authority
		return nil
	}
	if req.Host == "" {
		return refuse(http.StatusBadRequest, "neither :authority nor host")
	}
	if err := parsePath(&st.url, head.Path); err != nil {
		return err
	}
	values := req.Header["Expect"]
	switch {
	case len(values) == 0 || len(values) == 1 && values[0] == "":
	case !httpx.HasToken(values, "100-continue"):
		return refuse(http.StatusExpectationFailed, "Expect: %s", strings.Join(values, ", "))
	default:
		st.body.expected = true
	}
	return nil
}

// addFields adds fields to a header. room is for values; what does not fit is allocated.
func addFields(to http.Header, fields []hpack.HeaderField, names *names, room []string) {
	for i := range fields {
		if fields[i].Name == "host" {
			continue
		}
		key := names.key(fields[i].Name)
		values := to[key]
		if values == nil && len(room) > 0 {
			values, room = room[:0:1], room[1:]
		}
		to[key] = append(values, fields[i].Value)
	}
}

// parsePath parses a path and a query. Most paths have nothing that is escaped.
func parsePath(to *url.URL, path string) error {
	plain, query, found := strings.Cut(path, "?")
	if strings.IndexFunc(plain, escapes) < 0 {
		*to = url.URL{Path: plain, RawQuery: query, ForceQuery: found && query == ""}
		return nil
	}
	u, err := url.ParseRequestURI(path)
	if err != nil {
		return refuse(http.StatusBadRequest, ":path: %w", err)
	}
	*to = *u
	return nil
}

// escapes reports whether a character of a path may not stand for itself, or is not written
// as it is by url.URL.
func escapes(c rune) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return false
	}
	return !strings.ContainsRune("/-_.~$&+,:;=@*", c)
}

// refusal is why a request does not reach the handler, and the status that says so.
type refusal struct {
	status int
	err    error
}

func (r *refusal) Error() string { return r.err.Error() }
func (r *refusal) Unwrap() error { return r.err }

func refuse(status int, format string, args ...any) error {
	return &refusal{status: status, err: fmt.Errorf(format, args...)}
}
