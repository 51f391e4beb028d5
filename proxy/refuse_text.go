package proxy

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/meshhop/meshhop/internal/handshake"
	"github.com/meshhop/meshhop/internal/timeout"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// serverTimeout returns the message of Config.Timeout, which names the server.
func (h *handler) serverTimeout(cause error) string {
	passed := (*timeout.Error)(nil)
	if !errors.As(cause, &passed) {
		return cause.Error()
	}
	own := *passed
	own.At = h.config.ServiceName
	return own.Error()
}

// unknownDestination returns Finagle's message, which shows the request.
func unknownDestination(in *http.Request, reason error) string {
	return `Unknown destination: Request("` + in.Method + " " + originForm(in) + `", from /` + in.RemoteAddr + ") / " + reason.Error()
}

// unroutable returns Linkerd's message (RichNoBrokersAvailableException.scala), followed
// by how the name was looked up. Long dtabs are cut to an eighth of limit each, to leave
// room for the rest.
func unroutable(e *router.Error, limit int) string {
	var b strings.Builder
	b.WriteString("Unable to route request!\n\nservice name: ")
	b.WriteString(e.Dst.String())
	b.WriteString("\ndtab:\n\nbase dtab:\n")
	writeDtab(&b, e.BaseDtab, limit/8)
	b.WriteString("override dtab:\n")
	writeDtab(&b, e.LocalDtab, limit/8)
	if e.Explained != "" {
		b.WriteString("delegation:\n")
		for line := range strings.Lines(e.Explained) {
			b.WriteString("  ")
			b.WriteString(line)
		}
	}
	return b.String()
}

func writeDtab(b *strings.Builder, dtab resolve.Dtab, limit int) {
	end := b.Len() + limit
	for i, dentry := range dtab {
		if b.Len() >= end {
			b.WriteString("  ... and " + strconv.Itoa(len(dtab)-i) + " more\n")
			break
		}
		b.WriteString("  ")
		b.WriteString(dentry.Prefix.String())
		b.WriteString(" => ")
		tree := resolve.ShowTree(dentry.Dst)
		if len(tree) > limit {
			tree = tree[:limit] + "..."
		}
		b.WriteString(tree)
		b.WriteString("\n")
	}
	if len(dtab) == 0 {
		b.WriteString("\n")
	}
}

// unreachable returns Linkerd's message (RichConnectionFailedException.scala). Where TLS
// failed it says why, which Linkerd does not.
func unreachable(e *router.Error) string {
	addresses := make([]string, len(e.Replicas))
	for i, address := range e.Replicas {
		addresses[i] = address.AddrPort.String()
	}
	return "Unable to establish connection to " + e.Addr + ".\n\n" +
		"service name: " + e.Dst.String() + "\n" +
		"client name: " + e.Bound.String() + "\n" +
		"addresses: [" + strings.Join(addresses, ", ") + "]\n" +
		"selected address: " + e.Addr + "\n" +
		insecure(e)
}

// insecure says why a handshake failed, if one did.
func insecure(e *router.Error) string {
	failed := handshake.Of(e.Err)
	if failed == nil {
		return ""
	}
	text := "reason: " + failed.Error() + "\n"
	if failed.Name != "" {
		text += "tls name: " + failed.Name + "\n"
	}
	return text
}

// truncate cuts a text to at most limit bytes, and no character in two.
func truncate(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "")
}
