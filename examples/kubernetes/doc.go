// Package kubernetes has no code: it holds the manifests of the walkthrough and
// the test that reads them. See README.md.
package kubernetes
