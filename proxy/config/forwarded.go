package config

import (
	"slices"
	"strings"

	"github.com/meshhop/meshhop/proxy"
)

const staticNode = "static"

// nodeKinds are the kinds of labels of a Forwarded header, as Linkerd names them. All but
// static are those of [proxy.Forwarded].
func nodeKinds() []string {
	return []string{"connectionRandom", "ip", "ip:port", "requestRandom", "router", staticNode}
}

// readForwarded reads a server's addForwardedHeader; nil means that there is none.
func readForwarded(of *Decoder) *proxy.Forwarded {
	d, ok := of.Group("addForwardedHeader")
	if !ok {
		return nil
	}
	f := &proxy.Forwarded{By: readForwardedNode(d, "by"), For: readForwardedNode(d, "for")}
	d.Done()
	return f
}

func readForwardedNode(of *Decoder, key string) (node string) {
	d, ok := of.Group(key)
	if !ok {
		return ""
	}
	defer d.Done()
	node = d.Text("kind", "")
	if kinds := nodeKinds(); d.Need("kind") && !slices.Contains(kinds, node) {
		d.Errorf("kind", "must be one of %s, not %s", strings.Join(kinds, ", "), quoted(node))
	}
	if node == staticNode && d.Need("label") {
		label := d.Text("label", "")
		if label == "" {
			d.Errorf("label", "must not be empty")
		}
		node = "_" + strings.TrimPrefix(label, "_")
	}
	return node
}
