// Package e2e tries everything that examples/kubernetes and the articles tell their
// readers to type on a real Kubernetes of two nodes. Its tests are run by the script
// run, which makes what they need; without it they skip, and say so.
//
// It is a module of its own: who depends on meshhop does not depend on Kubernetes.
package e2e
