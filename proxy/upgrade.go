package proxy

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/httpx"
	"github.com/meshhop/meshhop/internal/wire"
)

// switchProtocols connects the client and the endpoint after a 101 response, until both
// have ended their connections (RFC 9110 section 7.8). It returns the status. The
// request's body has ended.
func (x *exchange) switchProtocols(resp *http.Response) int {
	h, w, in := x.handler, x.w, x.in
	defer resp.Body.Close()
	upstream, ok := resp.Body.(io.ReadWriteCloser)
	asked, got := x.edit.upgrade, upgradeOf(resp.Header)
	if !ok || got == "" || !httpx.HasToken([]string{asked}, got) {
		return x.respondError(fmt.Errorf("switching protocols: the client asked for %q, the endpoint switched to %q", asked, got))
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return x.respondError(fmt.Errorf("switching protocols: %w", err))
	}
	defer conn.Close()
	// What came with the head is in the buffer. The rest must not be read through the
	// buffer: net/http's reader cancels the request's context at EOF.
	early, _ := buffered.Reader.Peek(buffered.Reader.Buffered())
	// Both directions end when the client leaves or the server closes.
	stop := context.AfterFunc(in.Context(), func() {
		conn.Close()
		upstream.Close()
	})
	defer stop()

	stripHopByHop(resp.Header)
	resp.Header["Connection"] = []string{"Upgrade"}
	resp.Header["Upgrade"] = []string{got}
	x.appendVia(resp)
	x.keeps(resp.StatusCode, resp.Header)
	if h.config.ClearContext {
		ctxhdr.Clear(resp.Header)
	}
	wire.LowerNames(resp.Header)
	x.lines.Respell(resp.Header)
	for name, values := range w.Header() {
		resp.Header[name] = append(slices.Clip(values), resp.Header[name]...)
	}
	resp.Close, resp.ContentLength = false, 0 // or Write would add Connection: close
	resp.Body = nil                           // Write must send the head alone
	if err := resp.Write(buffered); err != nil {
		return resp.StatusCode
	}
	if err := buffered.Flush(); err != nil {
		return resp.StatusCode
	}
	received := make(chan int64, 1)
	go func() {
		n := h.pipe(upstream, io.MultiReader(bytes.NewReader(early), conn))
		httpx.CloseWrite(upstream)
		received <- n
	}()
	x.recordOut(h.pipe(conn, upstream))
	httpx.CloseWrite(conn)
	n := <-received
	if r := x.local.Record; r != nil {
		r.BytesIn += n
	}
	return resp.StatusCode
}

// upgradeOf returns the protocols that a request offers to switch to, in the order of
// preference, or the one that a response switches to; empty if there are none (RFC
// 9110 section 7.8).
func upgradeOf(header http.Header) string {
	if !httpx.HasToken(header["Connection"], "upgrade") {
		return ""
	}
	return strings.Join(header["Upgrade"], ", ")
}

// askedUpgrade returns the protocols that a client may switch to: those of a protocol's
// form (RFC 9110 section 7.8) in which no requests are made. Requests in HTTP/2,
// another HTTP, or TLS would reach the endpoint without passing the hop, with any
// l5d-* headers that their sender likes (and RFC 9113 has abandoned that upgrade).
// There are no upgrades over HTTP/1.0, and HTTP/2 has another way for them.
func askedUpgrade(in *http.Request) string {
	asked := upgradeOf(in.Header)
	if asked == "" || in.ProtoMajor != 1 || in.ProtoMinor < 1 {
		return ""
	}
	if mayUpgrade(asked) { // the usual case: one protocol
		return asked
	}
	var rest []string
	for protocol := range strings.SplitSeq(asked, ",") {
		if protocol = httpx.TrimBlank(protocol); mayUpgrade(protocol) {
			rest = append(rest, protocol)
		}
	}
	return strings.Join(rest, ", ")
}

// mayUpgrade reports whether the text is a protocol, name[/version], in which no
// requests are made.
func mayUpgrade(protocol string) bool {
	name, version, versioned := strings.Cut(protocol, "/")
	if !httpx.IsToken(name) || versioned && !httpx.IsToken(version) {
		return false
	}
	name = strings.ToLower(name)
	for _, barred := range [...]string{"h2", "h3", "http", "spdy", "tls"} { // h2c-14, HTTP/2.0, ...
		if strings.HasPrefix(name, barred) {
			return false
		}
	}
	return true
}

// pipe copies until either side ends. The error is ignored: what is done next does not
// depend on which side it was. It returns how many bytes it copied.
func (h *handler) pipe(to io.Writer, from io.Reader) int64 {
	buffer := make([]byte, copyBufferSize)
	n, _ := io.CopyBuffer(to, from, buffer)
	return n
}
