package k8s

import "context"

// Right is to do something with objects of a kind.
type Right struct {
	Verb      string // "get", "list", "watch"
	Group     string // "" is the core group, "discovery.k8s.io" that of EndpointSlices
	Resource  string // "endpointslices"
	Namespace string // "": in all of them
}

// Allowed asks the server whether the client's account has the right. The server
// lets every account ask that of itself (SelfSubjectAccessReview).
func (c *Client) Allowed(ctx context.Context, r Right) (bool, error) {
	return c.api.Review(ctx, map[string]string{"verb": r.Verb, "group": r.Group, "resource": r.Resource, "namespace": r.Namespace})
}

// ServerVersion asks the server what it is: "v1.34.4".
func (c *Client) ServerVersion(ctx context.Context) (string, error) { return c.api.Version(ctx) }

// Server is where the client asks, for people: "localhost:8001".
func (c *Client) Server() string { return c.api.Server() }
