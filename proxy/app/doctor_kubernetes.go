package app

import (
	"context"
	"strings"

	"github.com/meshhop/meshhop/resolve/k8s"
)

// need is a kind of object that hops read.
type need struct {
	group, resource string
	// user says which hops read them; empty: all do.
	user string
}

// name is the resource as kubectl prints it: endpointslices.discovery.k8s.io.
func (n need) name() string {
	if n.group == "" {
		return n.resource
	}
	return n.resource + "." + n.group
}

func needs() []need {
	return []need{
		{"discovery.k8s.io", "endpointslices", "the hop reads Endpoints in their place"},
		{"", "endpoints", "the hop reads EndpointSlices, if it may"},
		{"", "services", ""},
		{"", "configmaps", "the interpreter io.l5d.k8s.configMap needs them"},
		{"networking.k8s.io", "ingresses", "the identifier io.l5d.ingress needs them"},
	}
}

// kubernetes tests whether the API server responds, and what this account may do.
func (d *doctor) kubernetes(ctx context.Context) {
	const what = "API"
	ways, err := d.access()
	if err != nil {
		d.bad(what, "", "%v", err)
		return
	}
	var failed []string
	for _, way := range ways {
		client, err := k8s.NewClient(k8s.ClientConfig{Access: way, Version: d.version})
		if err != nil {
			failed = append(failed, err.Error())
			continue
		}
		defer client.Close()
		version, err := d.serverVersion(ctx, client)
		if err != nil {
			failed = append(failed, client.Server()+": "+err.Error())
			continue
		}
		how := "with a kubectl proxy there (host and port)"
		switch {
		case way.InCluster:
			how = "in-cluster (inCluster: true)"
		case way.URL != "":
			how = "by its url"
		}
		d.well(what, "%s answers, Kubernetes %s, %s", client.Server(), version, how)
		d.rights(ctx, client)
		return
	}
	d.bad(what, "put inCluster: true into the configuration, at namers and transformers, and give the pod a service account;\n"+
		"or run \"kubectl proxy -p 8001\" beside the hop, in a container of the same pod", "does not answer: %s", strings.Join(failed, "; "))
}

func (d *doctor) serverVersion(ctx context.Context, client *k8s.Client) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, questionTimeout)
	defer cancel()
	return client.ServerVersion(ctx)
}

// rights tests what this account may read. Either EndpointSlices or Endpoints will do.
func (d *doctor) rights(ctx context.Context, client *k8s.Client) {
	missing := map[string][]string{}
	for _, n := range needs() {
		for _, verb := range []string{"get", "list", "watch"} {
			allowed, err := d.allowed(ctx, client, verb, n)
			if err != nil {
				d.bad("rights", "", "the server does not say whether this account may %s %s: %v", verb, n.name(), err)
				return
			}
			if !allowed {
				missing[n.name()] = append(missing[n.name()], verb)
			}
		}
	}
	slices, endpoints := needs()[0].name(), needs()[1].name()
	blind := missing[slices] != nil && missing[endpoints] != nil
	for _, n := range needs() {
		verbs := missing[n.name()]
		switch {
		case verbs == nil:
			d.well("rights", "get, list, watch %s", n.name())
		case n.user == "" || blind && (n.name() == slices || n.name() == endpoints):
			d.bad("rights", d.grant(n), "this account may not %s %s", strings.Join(verbs, ", "), n.name())
		default:
			d.note("rights", d.grant(n), "this account may not %s %s: %s", strings.Join(verbs, ", "), n.name(), n.user)
		}
	}
}

func (d *doctor) allowed(ctx context.Context, client *k8s.Client, verb string, n need) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, questionTimeout)
	defer cancel()
	return client.Allowed(ctx, verb, n.group, n.resource, d.flags.namespace)
}

// grant is the rule that a role has to have.
func (d *doctor) grant(n need) string {
	where := "a ClusterRole"
	if d.flags.namespace != "" {
		where = "a Role in " + d.flags.namespace
	}
	return "to " + where + " of its account add: - {apiGroups: [\"" + n.group + "\"], resources: [" + n.resource + "], verbs: [get, list, watch]}"
}
