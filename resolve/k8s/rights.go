package k8s

import "context"

// Allowed asks the server whether the client's account may do what verb says ("get",
// "list", "watch") with a resource, such as "endpointslices" of the API group
// "discovery.k8s.io"; the core group is "". Without a namespace the question is about
// all of them. The server lets every account ask that of itself
// (SelfSubjectAccessReview).
func (c *Client) Allowed(ctx context.Context, verb, group, resource, namespace string) (bool, error) {
	return c.api.Review(ctx, map[string]string{"verb": verb, "group": group, "resource": resource, "namespace": namespace})
}

// ServerVersion asks the server for its version, such as "v1.34.4".
func (c *Client) ServerVersion(ctx context.Context) (string, error) { return c.api.Version(ctx) }

// Server is the server's address, for messages: "localhost:8001".
func (c *Client) Server() string { return c.api.Server() }
