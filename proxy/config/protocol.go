package config

import (
	"slices"
	"strings"

	"github.com/meshhop/meshhop/proxy/internal/linkerd"
	"github.com/meshhop/meshhop/router"
)

// The protocols of routers. Each speaks to clients and endpoints what its name says, unless
// servers and clients say otherwise; names, dtabs and spans are the same.
const (
	protocolHTTP = "http"
	protocolH2   = "h2"
)

// own is what the router speaks to endpoints, unless the client says otherwise.
func (r routerSection) own() router.Protocol {
	if r.protocol == protocolH2 {
		return router.HTTP2
	}
	return router.DefaultProtocol // HTTP/1.1
}

// readProtocol reads a router's protocol and returns whether it is supported.
func readProtocol(d *Decoder) (protocol string, ours bool) {
	protocol = d.Text("protocol", "")
	switch {
	case protocol == protocolHTTP, protocol == protocolH2:
		return protocol, true
	case !d.Has("protocol"):
		d.fail(d.Position(), "protocol", "is required; available: h2, http")
		return protocolHTTP, true // it is most likely meant
	case d.odd("protocol"):
	default:
		e := &Error{Position: d.valuePosition("protocol"), Path: d.pathOf("protocol"), Reason: "unknown protocol " + quoted(protocol) + "; available: h2, http"}
		if slices.Contains(linkerd.Protocols(), protocol) {
			e.Reason = protocol + " is not supported: " + insteadOfProtocol()
		}
		d.doc.report.error(e)
	}
	return protocol, false
}

// Linkerd's classifiers are for the routers of one protocol, as their names say. Those for
// gRPC are accepted for both here, because a server of either may speak HTTP/2.
const (
	httpClassifiers = "io.l5d.http."
	h2Classifiers   = "io.l5d.h2."
	grpcClassifiers = "io.l5d.h2.grpc."
)

// checkClassifier reports a classifier that is for the other protocol, by the key kind of d,
// and the one to use.
func checkClassifier(d *Decoder, kind, protocol string) {
	rest, http := strings.CutPrefix(kind, httpClassifiers)
	if http && protocol == protocolH2 {
		d.Errorf("kind", "%s is for http routers; an h2 router has %s", kind, h2Classifiers+rest)
	}
	rest, h2 := strings.CutPrefix(kind, h2Classifiers)
	if h2 && protocol != protocolH2 && !strings.HasPrefix(kind, grpcClassifiers) {
		d.Errorf("kind", "%s is for h2 routers; an http router has %s", kind, httpClassifiers+rest)
	}
}
