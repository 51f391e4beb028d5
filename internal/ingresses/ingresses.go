// Package ingresses is how package router/ingress gets the Ingresses of a cluster from a
// k8s.Client:
//
//	watch, err := client.FollowIngresses(ingresses.Config{Changed: func(all []ingresses.Ingress) { ... }})
//	defer watch.Close()
package ingresses

import "time"

// Config says which Ingresses are followed, and who is told of them.
type Config struct {
	// Namespace is where they are. Default: everywhere.
	Namespace string
	// Changed gets all Ingresses, sorted by namespace and name: once they are known,
	// and after each change. It is never called concurrently. Required.
	Changed func([]Ingress)
}

// A Watch follows the Ingresses of a cluster.
type Watch interface {
	// Close stops watching, and waits until Changed is no longer called. Changed must not
	// call it.
	Close() error
	// Err says why the Ingresses are not known yet. It is nil if they are, or if nothing is
	// wrong.
	Err() error
	// State is the caller's value, made of what Changed got last, and what happened to the
	// watch, in the form of the State of a k8s.Namer.
	State(value any) any
}

// Ingress has the fields of an Ingress that say where requests go.
type Ingress struct {
	Namespace, Name string
	// Class is spec.ingressClassName, or the annotation
	// kubernetes.io/ingress.class if that is not there. Empty: neither is.
	Class   string
	Created time.Time
	Rules   []Rule // one for each path
	// Default is the backend of requests that no rule matches; nil: there is none.
	Default *Backend
	// Skipped says which rules have no service, and why.
	Skipped []string
}

// Rule is one path of a rule.
type Rule struct {
	Host, Path string
	PathType   string // "Exact", "Prefix", "ImplementationSpecific", or "" where the server has no such field
	Backend    Backend
}

// Backend is a Service, and its port by name or number.
type Backend struct{ Service, Port string }
