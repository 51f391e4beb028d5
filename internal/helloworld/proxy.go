package helloworld

import (
	"fmt"
	"net/url"
	"strings"
)

// ParseProxy reads a proxy's address as the environment variable http_proxy
// holds it, so the scheme may be missing: "127.0.0.1:4140" means
// "http://127.0.0.1:4140". "" means that there is no proxy, and gives nil.
func ParseProxy(s string) (*url.URL, error) {
	if s == "" {
		return nil, nil
	}
	text := s
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("proxy %q: %w", s, err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, fmt.Errorf("proxy %q: want host:port, http://host:port or https://host:port", s)
	}
	return u, nil
}
