// Package autoscaling has no code: its README.md and manifests scale a service by what the
// hops count of it, and its tests hold their queries to the metrics that a hop has.
package autoscaling
