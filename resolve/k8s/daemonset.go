package k8s

import (
	"errors"
	"fmt"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/internal/nodes"
	"github.com/meshhop/meshhop/resolve/k8s/internal/api"
)

// DaemonSetConfig says which pods [NewDaemonSet] puts in place of others.
type DaemonSetConfig struct {
	// Client asks the API server, and is closed by whoever made it. Required.
	Client *Client
	// Namespace, Port and Service name the gateways as a name of the namer
	// does, so Port is the name of a port or a number. Required.
	Namespace, Port, Service string
	// HostNetwork goes by the names of nodes in place of the first 24 bits of
	// IPv4 addresses. The pods of the DaemonSet need not use the node's network
	// for it.
	HostNetwork bool
	// Prefix is put before the IDs of replica sets.
	Prefix resolve.Path
}

// daemonSet is what NewDaemonSet makes.
type daemonSet struct {
	between *nodes.Gateways
	by      string // Linkerd's name for the way it goes by
	of      of
	known   *resolve.Activity[struct{}]
	client  *Client
}

// nodeBits are the bits of IPv4 that the pods of a node have in common in Linkerd.
const nodeBits = 24

// NewDaemonSet makes the transformer io.l5d.k8s.daemonset
// (DaemonSetTransformerInitializer.scala): it puts the pods of a Service, one on
// each node, in place of what runs on their nodes.
//
// An address and a gateway are on one node if they have the first 24 bits in
// common, or with HostNetwork if both have the name of a node and it is the same,
// where Linkerd takes two that have none for near. Addresses of IPv6 go by the node
// always. Where nothing is left the replica set is Neg. Both sides are followed.
// A name is pending while its gateways are, that is until the API first answers.
//
// The API is asked only while what it changes is observed. A method State() any of the
// transformer gives which gateways there are, in the form of [Namer.State].
func NewDaemonSet(c DaemonSetConfig) (resolve.Transformer, error) {
	if c.Client == nil {
		return nil, errors.New("k8s: a DaemonSet needs a Client")
	}
	path := resolve.Path{}.AppendLabel(c.Namespace).AppendLabel(c.Port).AppendLabel(c.Service)
	name, ok := parse(path, "", "")
	if !ok {
		return nil, fmt.Errorf("k8s: namespace %q, port %q and name %q are not valid for a Service", c.Namespace, c.Port, c.Service)
	}
	answers := c.Client.answers(name)
	d := &daemonSet{by: "SubnetGatewayTransformer", of: name.of, client: c.Client, known: known(answers)}
	near := nodes.SubnetOrNode(nodeBits)
	if c.HostNetwork {
		d.by, near = "MetadataGatewayTransformer", nodes.SameNode()
	}
	d.between = nodes.NewGateways(c.Prefix, gatewaysOf(answers), near)
	return d, nil
}

// String gives the name that explanations use, which is Linkerd's class name.
func (d *daemonSet) String() string { return d.by }

// Transform implements [resolve.Transformer].
func (d *daemonSet) Transform(t *resolve.Activity[resolve.NameTree[*resolve.Bound]]) *resolve.Activity[resolve.NameTree[*resolve.Bound]] {
	type bounds = resolve.NameTree[*resolve.Bound]
	return resolve.FlatMapActivity(d.between.Transform(t), func(t bounds) *resolve.Activity[bounds] {
		for range t.Leaves() {
			return resolve.MapActivity(d.known, func(struct{}) bounds { return t })
		}
		return resolve.Const(t)
	})
}

// gatewaysOf are the addresses. A Service that does not exist has none.
func gatewaysOf(answers *resolve.Activity[answer]) *resolve.Activity[resolve.Replicas] {
	return resolve.MapActivity(answers, func(a answer) resolve.Replicas {
		return resolve.Replicas{Addresses: a.addresses, Neg: len(a.addresses) == 0}
	})
}

// known says only that the API has answered.
func known(answers *resolve.Activity[answer]) *resolve.Activity[struct{}] {
	return follow(answers, func(s resolve.State[answer]) resolve.State[struct{}] {
		return resolve.State[struct{}]{Status: s.Status, Err: s.Err, Since: s.Since}
	}, func(_, _ resolve.State[struct{}]) bool { return true })
}

// State is which gateways there are and what happened to their watch, as a value to
// be shown as JSON, in the form of [Namer.State]; empty while nobody needs them.
func (d *daemonSet) State() any {
	s, ok := api.Peek[backing](d.client.api, d.of)
	if !ok {
		return map[string]any{}
	}
	return stateOf(s, func(b backing) (*api.Report, any) { return b.report, endpointsValue(d.of, b) })
}
