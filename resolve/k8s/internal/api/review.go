package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// maxAnswer is more than the answers here have.
const maxAnswer = 64 << 10

// Version is what the server says it is: "v1.34.4".
func (c *Client) Version(ctx context.Context) (string, error) {
	var version struct {
		GitVersion string `json:"gitVersion"`
	}
	if err := c.answer(ctx, http.MethodGet, "/version", "", &version); err != nil {
		return "", err
	}
	if version.GitVersion == "" {
		return "", fmt.Errorf("%s responds, but not as an API server: no gitVersion at /version", c.Server())
	}
	return plain(version.GitVersion), nil
}

// Review asks whether the account may do what attributes say.
func (c *Client) Review(ctx context.Context, attributes map[string]string) (bool, error) {
	body, err := json.Marshal(map[string]any{
		"apiVersion": "authorization.k8s.io/v1",
		"kind":       "SelfSubjectAccessReview",
		"spec":       map[string]any{"resourceAttributes": attributes},
	})
	if err != nil {
		return false, err
	}
	var review struct {
		Kind   string `json:"kind"`
		Status struct {
			Allowed bool `json:"allowed"`
		} `json:"status"`
	}
	if err := c.answer(ctx, http.MethodPost, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", string(body), &review); err != nil {
		return false, err
	}
	if review.Kind != "SelfSubjectAccessReview" {
		return false, fmt.Errorf("the response is of kind %q and not a SelfSubjectAccessReview", plain(review.Kind))
	}
	return review.Status.Allowed, nil
}

// answer asks and reads JSON.
func (c *Client) answer(ctx context.Context, method, path, body string, into any) error {
	resp, err := c.ask(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return reasonOf(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s %s: the response is not one of an API server: %w", method, path, err)
	}
	return nil
}
