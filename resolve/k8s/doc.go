// Package k8s has the namers that read a Kubernetes API server: io.l5d.k8s,
// io.l5d.k8s.ns and io.l5d.k8s.external.
//
//	client, err := k8s.NewClient(k8s.ClientConfig{Access: k8s.Access{InCluster: true}})
//	namer, err := k8s.New(k8s.Config{Client: client})
//
// The names that they resolve are
//
//	/#/io.l5d.k8s/<namespace>/<port>/<service>/...
//	/#/io.l5d.k8s.ns/<port>/<service>/...                with Config.Namespace
//	/#/io.l5d.k8s.external/<namespace>/<port>/<service>  with Config.External
//
// A port is the name of one, or its number in the Service. With Config.LabelSelector
// the value of that label is one more segment, behind the service. The rest of the name
// is the residual. Names are lower-cased, as in Linkerd (EndpointsNamer.scala); the
// label's value keeps its case, where Linkerd's could never match. A segment that cannot
// be a name in Kubernetes is Neg, and the API is not asked.
//
// The same [Client] serves the transformer io.l5d.k8s.daemonset ([NewDaemonSet]), a
// dtab in a ConfigMap ([NewConfigMap]) and the identifier io.l5d.ingress (package
// router/ingress).
//
// # What a name means
//
// A Service that does not exist, or has no port of that name or number, is Neg. A
// Service without pods is Neg if the port is a name, so that the next alternate is
// tried, and Empty if the port is a number, both as in Linkerd. A Service with pods of
// which none is ready is Empty. Only TCP counts. An ExternalName is Neg: /$/inet
// reaches it.
//
// Each address has the port of its own EndpointSlice, where Linkerd gives all of them
// the last one's. A port number finds the pods' port by the name of the Service's port,
// even if targetPort is a name, which is Neg in Linkerd.
//
// # What is read
//
// EndpointSlices are read, and Endpoints if EndpointSlices are forbidden or unknown (403,
// 404); EndpointSlices are then tried again every ten minutes. Both give the same
// answers, but Endpoints end at 1000 addresses.
//
// A name is watched while it is used, once for all users of a [Client], by a list and
// then a watch. To a kubectl proxy each watch is a connection of its own; with a
// server's URL, or in a cluster, all watches are streams of one HTTP/2 connection.
//
// # Outages
//
// A failing API never empties a name: it keeps its last addresses, without a time limit.
// A name that is not known yet is pending until the API answers; if that takes longer
// than requests wait, they fail with the API's error. [Namer.Describe] says how old an
// answer is and what the server last said, and [Namer.State] shows everything.
package k8s
