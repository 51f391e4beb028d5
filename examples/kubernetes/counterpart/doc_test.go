// Package counterpart_test reads with Kubernetes' own types (k8s.io/api) what
// resolve/k8s reads with its small ones, and compares what the two make of it; and
// it reads the manifests of examples/kubernetes as strictly as an API server can.
// It is a module of its own, so that the hop does not need those types.
package counterpart_test
