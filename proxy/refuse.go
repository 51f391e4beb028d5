package proxy

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/meshhop/meshhop/internal/httpx"
	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

var errConnect = errors.New("CONNECT is not supported by this proxy")

// errLongContext refuses a dtab that the next hop would not take: in the form in
// which it is sent on, bytes that no label has plain are four bytes each.
var errLongContext = errors.New("the request's dtab, in the form in which it would be sent on, exceeds the limit for request headers")

// statusClientClosed is what is counted where the caller left before there was
// an answer. Nobody receives it.
const statusClientClosed = 499

// refuse answers with the reason why there is no answer, in Linkerd's form:
// the message in l5d-err and as the body. It returns the status. This file
// alone turns errors into statuses (ErrorResponder.scala).
func (h *handler) refuse(w http.ResponseWriter, in *http.Request, cause error) int {
	if protocol := (*protocolError)(nil); errors.As(cause, &protocol) {
		return refuseProtocol(w, in, protocol.status)
	}
	status, whole := h.verdict(in, cause)
	text, message := h.fitted(whole)
	if message != whole {
		h.stats.cut.Add(1)
	}
	header := w.Header()
	header["Content-Type"] = []string{"text/plain"}
	if h.config.ClearContext {
		message = ""
	} else {
		if isUnsent(cause) {
			header[wire.RetryableName] = []string{"true"}
		}
		header[wire.ErrName] = []string{text}
		wire.LowerNames(header)
	}
	header["Content-Length"] = []string{strconv.Itoa(len(message))}
	h.lastAnswer(w, in)
	if status == statusClientClosed {
		w.WriteHeader(http.StatusServiceUnavailable)
	} else {
		w.WriteHeader(status)
	}
	if in.Method != http.MethodHead {
		_, _ = w.Write([]byte(message)) // an error means that the client has left
	}
	return status
}

const (
	// errHeaderShare is what part of [Config].MaxErrorBytes l5d-err may have, in
	// which most of a message is escaped.
	errHeaderShare = 4
	// otherHeaderBytes is kept for the other lines of the head.
	otherHeaderBytes = 512
)

// fitted is a message as l5d-err and as the body of an answer that together with
// its other header lines has MaxErrorBytes at most.
func (h *handler) fitted(message string) (header, body string) {
	most := h.config.MaxErrorBytes
	header = wire.EncodeErr(message, min(h.config.MaxHeaderBytes, most/errHeaderShare))
	return header, truncate(message, most-len(header)-min(otherHeaderBytes, most/16))
}

// isUnsent reports whether no byte of the request was written to a connection, so
// that the client may send it again. Failures to connect are not reported as
// retryable, as in Linkerd.
func isUnsent(cause error) bool {
	failed := (*router.Error)(nil)
	return errors.As(cause, &failed) && failed.Kind == router.RequestFailed && failed.Unsent
}

// verdict is the status and the message for an error.
func (h *handler) verdict(in *http.Request, cause error) (status int, message string) {
	if depth := (*depthError)(nil); errors.As(cause, &depth) {
		return http.StatusBadRequest, depth.Error()
	}
	if target := (*targetError)(nil); errors.As(cause, &target) {
		return http.StatusBadRequest, target.Error()
	}
	if errors.Is(cause, errLongContext) {
		return http.StatusRequestHeaderFieldsTooLarge, errLongContext.Error()
	}
	if errors.Is(cause, errConnect) {
		return http.StatusNotImplemented, errConnect.Error()
	}
	failed := (*router.Error)(nil)
	if !errors.As(cause, &failed) {
		return http.StatusBadGateway, cause.Error()
	}
	switch failed.Kind {
	case router.InvalidDtab:
		return http.StatusBadRequest, failed.Err.Error()
	case router.Unidentified:
		return http.StatusBadRequest, unknownDestination(in, failed.Err)
	case router.Forbidden:
		return http.StatusForbidden, "The request is refused: " + failed.Err.Error()
	case router.Looped:
		return http.StatusLoopDetected, failed.Err.Error()
	case router.NoReplicas:
		return http.StatusBadGateway, unroutable(failed, h.config.MaxErrorBytes)
	case router.ConnectFailed:
		return http.StatusBadGateway, unreachable(failed)
	case router.RequestFailed:
		return http.StatusBadGateway, failed.Err.Error() + " at remote address: " + failed.Addr
	case router.AttemptTimeout, router.TotalTimeout:
		return http.StatusServiceUnavailable, failed.Err.Error()
	case router.ServerTimeout:
		return http.StatusServiceUnavailable, h.overdue(failed.Err)
	case router.DeadlineExceeded:
		return http.StatusGatewayTimeout, failed.Err.Error()
	case router.Canceled:
		if errors.Is(failed.Err, http.ErrServerClosed) { // the caller is still there
			return http.StatusServiceUnavailable, failed.Err.Error()
		}
		return statusClientClosed, failed.Err.Error()
	case router.Closed:
		return http.StatusServiceUnavailable, failed.Error()
	}
	return http.StatusBadGateway, failed.Err.Error()
}

// overdue is the message of the server's own timeout, which names the server.
func (h *handler) overdue(cause error) string {
	expired := (*router.ExpiredError)(nil)
	if !errors.As(cause, &expired) {
		return cause.Error()
	}
	own := *expired
	own.At = h.config.ServiceName
	return own.Error()
}

// unknownDestination has Finagle's way of showing a request.
func unknownDestination(in *http.Request, reason error) string {
	return `Unknown destination: Request("` + in.Method + " " + originForm(in) + `", from /` + in.RemoteAddr + ") / " + reason.Error()
}

// unroutable is Linkerd's message (RichNoBrokersAvailableException.scala),
// followed by how the name was looked up. Of long dtabs only the beginning is
// shown, so that the rest finds room in so many bytes.
func unroutable(e *router.Error, most int) string {
	var b strings.Builder
	b.WriteString("Unable to route request!\n\nservice name: ")
	b.WriteString(e.Dst.String())
	b.WriteString("\ndtab:\n\nbase dtab:\n")
	writeDtab(&b, e.BaseDtab, most/8)
	b.WriteString("override dtab:\n")
	writeDtab(&b, e.LocalDtab, most/8)
	if e.Explained != "" {
		b.WriteString("delegation:\n")
		for line := range strings.Lines(e.Explained) {
			b.WriteString("  ")
			b.WriteString(line)
		}
	}
	return b.String()
}

func writeDtab(b *strings.Builder, dtab resolve.Dtab, most int) {
	end := b.Len() + most
	for i, dentry := range dtab {
		if b.Len() >= end {
			b.WriteString("  ... and " + strconv.Itoa(len(dtab)-i) + " more\n")
			break
		}
		b.WriteString("  ")
		b.WriteString(dentry.Prefix.String())
		b.WriteString(" => ")
		tree := resolve.ShowTree(dentry.Dst)
		if len(tree) > most {
			tree = tree[:most] + "..."
		}
		b.WriteString(tree)
		b.WriteString("\n")
	}
	if len(dtab) == 0 {
		b.WriteString("\n")
	}
}

// unreachable is Linkerd's message (RichConnectionFailedException.scala).
func unreachable(e *router.Error) string {
	addresses := make([]string, len(e.Replicas))
	for i, address := range e.Replicas {
		addresses[i] = address.AddrPort.String()
	}
	return "Unable to establish connection to " + e.Addr + ".\n\n" +
		"service name: " + e.Dst.String() + "\n" +
		"client name: " + e.Bound.String() + "\n" +
		"addresses: [" + strings.Join(addresses, ", ") + "]\n" +
		"selected address: " + e.Addr + "\n"
}

// refuseProtocol answers as the protocol's codec does: no body, no l5d-err,
// and the connection closes.
func refuseProtocol(w http.ResponseWriter, in *http.Request, status int) int {
	httpx.CloseAfter(w, in)
	w.Header()["Content-Length"] = []string{"0"}
	w.WriteHeader(status)
	return status
}

// nack refuses a request that is one too many, so that a Finagle client knows
// that it may be sent elsewhere (HttpNackFilter.scala).
func (h *handler) nack(w http.ResponseWriter, in *http.Request) int {
	const body = "Request was not processed by the server due to an error and is safe to retry"
	header := w.Header()
	header[wire.Lower(wire.NackName)] = []string{"true"}
	header["Retry-After"] = []string{"0"}
	header["Content-Type"] = nil
	h.lastAnswer(w, in)
	w.WriteHeader(http.StatusServiceUnavailable)
	if in.Method != http.MethodHead {
		_, _ = w.Write([]byte(body)) // a caller that left needs no answer
	}
	return http.StatusServiceUnavailable
}

// truncate cuts a text to at most max bytes, at the start of a character.
func truncate(s string, max int) string {
	if len(s) <= max {
		return s
	}
	return strings.ToValidUTF8(s[:max], "")
}
