package proxy

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/httpx"
	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/internal/wire"
)

// respond streams the response to the client, with its trailers. It returns the status
// of the response or, if the response broke off, a status that says why.
func (x *exchange) respond(resp *http.Response) (status int) {
	h, w, in := x.handler, x.w, x.in
	defer resp.Body.Close()
	allowed := trailers{connection: resp.Header["Connection"]}
	if h.config.ClearContext {
		allowed.policy = dropMesh
	}
	body := x.editResponse(resp)
	x.body.closeUnlessComplete(w, in)
	h.closeIfDraining(w, in)
	allowed.filter(resp.Trailer) // so far it has only names
	if x.mayTrail(resp) {
		delete(w.Header(), "Content-Length") // HTTP/1 has trailers only after chunks
	}
	announced := announce(w.Header(), resp.Trailer)
	x.writeHeader(resp.StatusCode)
	if resp.ContentLength < 0 || isEvents(resp.Header) {
		// The first part of a stream may come long after its head.
		_ = http.NewResponseController(w).Flush()
	}
	sent, err := h.copyBody(w, body, resp.ContentLength, in)
	if x.recordOut(sent); err != nil {
		x.brokeOff = true
		x.recordFailure(causeBroken, err.Error())
		h.tellBroken(in, err)
		return brokenOff(in, err)
	}
	resp.Body.Close() // the trailers are there once the body was read
	allowed.verdict = x.readVerdict(resp)
	allowed.filter(resp.Trailer)
	sendTrailers(w, resp.Trailer, announced)
	x.recordTrailer(resp.Trailer)
	return resp.StatusCode
}

// tellBroken tells the log of a response that broke off, and of how many since that was
// last said.
func (h *handler) tellBroken(in *http.Request, err error) {
	if n, ok := h.broken.Happened(1); ok {
		h.config.ErrorLog.LogAttrs(in.Context(), slog.LevelInfo, "response broke off",
			slog.String("server", h.config.ServiceName), slog.String("host", in.Host), slog.Uint64("responses", n), slog.Any("error", err))
	}
}

// brokenOff returns the status to count for a response that broke off. A client that
// left is not a failure of the server.
func brokenOff(in *http.Request, err error) int {
	if errors.Is(context.Cause(in.Context()), http.ErrServerClosed) {
		return http.StatusServiceUnavailable
	}
	if gone := (*relay.WriteError)(nil); errors.As(err, &gone) || in.Context().Err() != nil {
		return statusClientClosed
	}
	return http.StatusBadGateway
}

// editResponse writes the response's headers for the client, and returns the body that
// goes with them.
func (x *exchange) editResponse(resp *http.Response) io.Reader {
	to := x.w.Header()
	class := resp.Header[wire.SuccessClassName]
	stripHopByHop(resp.Header)
	if class != nil {
		resp.Header[wire.SuccessClassName] = class // passed on even if Connection names it
	}
	x.appendVia(resp)
	x.keeps(resp.StatusCode, resp.Header)
	if route := x.local.Route; route != "" {
		resp.Header[wire.RouteName] = append(slices.Clip(resp.Header[wire.RouteName]), route)
	}
	var body io.Reader = resp.Body
	if x.config.ClearContext {
		if resp.Header.Get(wire.ErrName) != "" {
			body = http.NoBody // the messages of the mesh stay inside
			delete(resp.Header, "Content-Length")
		}
		ctxhdr.Clear(resp.Header)
	}
	if !same(resp.Header, to) {
		for name, values := range resp.Header {
			to[name] = append(slices.Clip(to[name]), values...)
		}
	}
	if _, ok := to["Content-Type"]; !ok {
		to["Content-Type"] = nil // or net/http would guess one
	}
	wire.LowerNames(to)
	return body
}

// same reports whether two headers are one map: the response's header was read straight
// into the writer's.
func same(a, b http.Header) bool {
	return reflect.ValueOf(a).Pointer() == reflect.ValueOf(b).Pointer()
}

// announce names the trailers that are known before the body is sent.
func announce(to http.Header, trailer http.Header) (count int) {
	if len(trailer) == 0 {
		return 0
	}
	names := make([]string, 0, len(trailer))
	for name := range trailer {
		names = append(names, name)
	}
	slices.Sort(names)
	to["Trailer"] = []string{strings.Join(names, ", ")}
	return len(names)
}

// sendTrailers sends the trailers. net/http needs a prefix for those that were not
// announced.
func sendTrailers(w http.ResponseWriter, trailer http.Header, announced int) {
	if len(trailer) == 0 {
		return
	}
	// Trailers need a chunked body, even if it is empty.
	_ = http.NewResponseController(w).Flush()
	for name, values := range trailer {
		if len(trailer) != announced {
			name = http.TrailerPrefix + name
		}
		w.Header()[name] = values
	}
}

const (
	copyBufferSize = 32 << 10
	// spliceBytes is the length from which on the kernel copies a body from one
	// socket to the other: the length from which package h1 does so, plus what may
	// have come with the head.
	spliceBytes = 72 << 10
)

// copyBody streams the body and passes on at once what arrives. After a read that did
// not fill the buffer the writer is flushed, because the next bytes may take long to
// come. At the end of a body of known length it is not: that needs no flush. It returns
// how many bytes the writer took.
func (h *handler) copyBody(w http.ResponseWriter, body io.Reader, length int64, in *http.Request) (sent int64, err error) {
	if from, ok := body.(io.WriterTo); ok && length >= spliceBytes && endsInSocket(w, in) {
		return from.WriteTo(w)
	}
	buffer, ok := h.buffers.Get().(*[]byte)
	if !ok {
		b := make([]byte, copyBufferSize)
		buffer = &b
	}
	defer h.buffers.Put(buffer)
	var control *http.ResponseController
	for {
		n, readErr := body.Read(*buffer)
		if n > 0 {
			wrote, err := w.Write((*buffer)[:n])
			if sent += int64(wrote); err != nil {
				return sent, &relay.WriteError{Err: err}
			}
			if n < len(*buffer) && readErr == nil && sent != length {
				if control == nil {
					control = http.NewResponseController(w)
				}
				if err := control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
					return sent, &relay.WriteError{Err: err}
				}
			}
		}
		if readErr == io.EOF {
			return sent, nil
		}
		if readErr != nil {
			return sent, readErr
		}
	}
}

// endsInSocket reports whether what is read into w goes to the client without being
// buffered. It does if w is net/http's own writer directly on the connection.
func endsInSocket(w http.ResponseWriter, in *http.Request) bool {
	_, ok := w.(io.ReaderFrom)
	return ok && in.TLS == nil && in.ProtoMajor == 1
}

func isEvents(h http.Header) bool {
	values := h["Content-Type"]
	if len(values) == 0 {
		return false
	}
	base, _, _ := strings.Cut(values[0], ";")
	return strings.EqualFold(httpx.TrimBlank(base), "text/event-stream")
}
