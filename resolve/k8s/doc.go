// Package k8s has the namers that ask a Kubernetes API server: io.l5d.k8s,
// io.l5d.k8s.ns and io.l5d.k8s.external.
//
//	/#/io.l5d.k8s/<namespace>/<port>/<service>/...      [New]
//	/#/io.l5d.k8s.ns/<port>/<service>/...               [New] with Config.Namespace
//	/#/io.l5d.k8s.external/<namespace>/<port>/<service> [Config].External
//
// A port is the name of one, or the number that the Service gives it. With
// Config.LabelSelector the value of that label is one segment more, behind the
// service. What follows is the residual. Names are in lower case, as Linkerd
// makes them (EndpointsNamer.scala); the label's value keeps its case, where
// Linkerd's could never match. A segment that cannot be a name in Kubernetes is
// Neg, and the API is not asked.
//
// Of the same [Client] are the transformer io.l5d.k8s.daemonset ([NewDaemonSet]), a
// dtab in a ConfigMap ([NewConfigMap]) and the Ingresses of a cluster
// ([FollowIngresses]).
//
// # What a name means
//
// No such Service, or no port of that name or number: Neg. Where the Service is
// there and no pod of it, a port by name is Neg, so that the next alternate is
// tried, and a port by number exists and is empty, both as in Linkerd. Pods of
// which none is ready: exists and is empty. Only TCP counts. An ExternalName is
// Neg: /$/inet reaches it.
//
// Each address has the port of its own EndpointSlice, where Linkerd gives all of
// them the last one's, and a number finds the pods' port by the name of the
// Service's port, also where targetPort is a name, which is Neg in Linkerd.
//
// # Where it is read
//
// EndpointSlices, and where these are forbidden or unknown (403, 404) the
// Endpoints of the Service: EndpointSlices are then tried again every ten
// minutes. Both give the same answers; Endpoints end at 1000 addresses.
//
// A name is watched while it is used, once for everybody who has the same
// [Client], by a list and then a watch, in the way that package api tells
// (internal/api). Each watch is a connection of its own to a kubectl proxy; with
// a server's URL, or in a cluster, all are streams of one HTTP/2 connection.
//
// # Outages
//
// Trouble with the API never empties a name: it keeps its last addresses, for
// ever. A name that is not known yet is pending until the API answers, and then
// the wait for a binding ends with the reason. [Namer.Describe] says how old an
// answer is and what the server last said, and [Namer.State] all that is known.
package k8s
