// Package dryrun answers what the hops of a mesh would do with a request, in place of
// doing it. A request of any method with the header
//
//	l5d-explain: dry-run
//
// gets 200 and, for each hop on its way, what the hop would do: how it identifies the
// request, how it looks up the name, which replica set and which endpoint it would choose,
// or with what it would refuse. It is text, or with "Accept: application/json" an
// [Answer]. The response has the same header, l5d-explain: one without it is none.
//
//	h, err := dryrun.New(dryrun.Config{Server: server, Hops: []resolve.Prefix{daemonSet}})
//	http.ListenAndServe(":4140", h)
//
// # No application sees the request
//
// A hop sends nothing to an endpoint that it does not know to be another hop, and does
// not connect to it either. It knows it from its configuration alone: the replica set's
// id begins with one of [Config.Hops], such as /%/io.l5d.k8s.daemonset or
// /%/io.l5d.port/4141, the prefixes of the transformers that lead from hop to hop. What
// a replica answers proves nothing, because asking it would be what must not happen.
//
// Should that configuration be wrong, an application still does not get the request. The
// next hop is asked by a request of another kind: TRACE with Max-Forwards 0, without the
// body, and the method in l5d-explain. Whoever gets that does not send it on (RFC 9110
// section 7.6.2), also a hop that knows nothing of dry runs: Linkerd 1.x answers with the
// context of its router, which is then part of the answer.
//
// A proxy.Handler without a dry run refuses a request that asks for one, with 501. Linkerd
// carries it out.
//
// # Bounds
//
// A dry run is not traced, not counted as a request, and leaves names and connections as
// they are. At most [Config.MaxConcurrent] are made at a time; one more gets 503. At most
// 16 hops are asked, and all of them have the time of the first, [Config.Timeout].
package dryrun
