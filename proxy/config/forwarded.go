package config

import (
	"slices"
	"strings"

	"github.com/meshhop/meshhop/proxy"
)

// nodeKinds are the kinds of labels of a Forwarded header, as Linkerd names them.
func nodeKinds() map[string]proxy.NodeKind {
	return map[string]proxy.NodeKind{
		"requestRandom":    proxy.RequestRandomNode,
		"connectionRandom": proxy.ConnectionRandomNode,
		"ip":               proxy.IPNode,
		"ip:port":          proxy.IPPortNode,
		"router":           proxy.RouterNode,
		"static":           proxy.StaticNode,
	}
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

func readForwardedNode(of *Decoder, key string) (n proxy.ForwardedNode) {
	d, ok := of.Group(key)
	if !ok {
		return n
	}
	defer d.Done()
	kinds := nodeKinds()
	kind := d.Text("kind", "")
	var known bool
	if n.Kind, known = kinds[kind]; d.Need("kind") && !known {
		var names []string
		for name := range kinds {
			names = append(names, name)
		}
		slices.Sort(names)
		d.Errorf("kind", "must be one of %s, not %s", strings.Join(names, ", "), quoted(kind))
	}
	if n.Kind == proxy.StaticNode && d.Need("label") {
		if n.Label = d.Text("label", ""); n.Label == "" {
			d.Errorf("label", "must not be empty")
		}
	}
	return n
}
