// Package api is a client of the Kubernetes API that lists and watches, and
// does nothing else. It has its own structs: client-go would add 9 to 43 MB to
// every program that embeds the project.
//
// # Use
//
// [Watch] is the objects of a [Query] as an activity: one object of a namespace
// (Query.Name), those with some labels (Query.Labels), all of a namespace, or
// of all namespaces (no Query.Namespace). It runs while it is observed, and equal
// queries of the same client share one watch. An outage never empties it: after the
// first response the activity stays OK, with the last response, and [Report] says
// how old that is and what the server last said. Before the first response it is
// Pending, and State.Err says why.
//
//	act := api.Watch[ConfigMap](client, api.Query{
//		Resource: api.Resource{Version: "v1", Plural: "configmaps"}, Namespace: "default", Name: "dtabs",
//	})
//
// [Follow] is the same without sharing, and its caller decides what happens after
// an error: it can stop and ask for another resource instead, such as Endpoints
// where EndpointSlices are forbidden. [Shared] shares anything made of it.
//
// A type of objects has the fields that are used, with json tags, and the method
// of [Object].
package api
