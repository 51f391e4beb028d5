// Package articles plays scenes of the article series "A Service Mesh for
// Kubernetes" as tests, through real sockets and without Kubernetes:
//
//	part IV, continuous deployment via traffic shifting   shifting_test.go
//	part V, dogfood environments and the edge             edge_test.go
//	part VI, staging without the tears                    staging_test.go
//
// and the chains of fallbacks that dtabs are made of (fallback_test.go). The
// services are those of examples/helloworld, the routers those of linkerd.yaml.
package articles
