package k8s

import (
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s/internal/api"
)

// Access says how to reach an API server, and with which rights. The zero value is a
// kubectl proxy on this machine, localhost:8001. Only one of Host and Port, InCluster and
// URL may be set. Equal values are the same server with the same rights.
type Access struct {
	// Host and Port are those of a server without TLS, which is a kubectl proxy.
	// Defaults: localhost and 8001. A name is looked up for each connection.
	Host string
	Port uint16
	// InCluster is the server that a pod's environment names
	// (KUBERNETES_SERVICE_HOST and _PORT), with the pod's service account.
	InCluster bool
	// URL is a server by its address, such as https://10.0.0.1:6443.
	URL string
	// CAFile has the certificates that sign the server's. Default: those of the
	// system; in a cluster that of the service account. It is read again when it does
	// not verify a server.
	CAFile string
	// TokenFile has a token. As it may be replaced, it is read again after a minute, and
	// when the server rejects it. Default: none; in a cluster that of the service
	// account.
	TokenFile string
	// CertFile and KeyFile are a client's certificate. Default: none.
	CertFile, KeyFile string
}

// ClientConfig of a [Client]. The zero value is ready to use.
type ClientConfig struct {
	Access Access
	// Transport sends requests to the server in place of the network: a k8stest.Server
	// is one. Default: the network.
	Transport http.RoundTripper
	// Version is the program's own, for the header User-Agent. Default "dev".
	Version string
	// ErrorLog gets errors of the server, once for all names that have the same, and
	// again after ten minutes. Default: they are not logged.
	ErrorLog *slog.Logger
}

// Client reads from one API server. All users of a Client share its watches. Close it
// after use.
type Client struct {
	api *api.Client

	mu        sync.Mutex
	forbidden map[string]time.Time // namespaces whose EndpointSlices are not asked for until then
}

// NewClient makes a Client. It does not connect yet, so the server may be down.
func NewClient(c ClientConfig) (*Client, error) {
	inner, err := api.New(api.Config{Access: api.Access(c.Access), Transport: c.Transport, Version: c.Version, ErrorLog: c.ErrorLog})
	if err != nil {
		return nil, err
	}
	return &Client{api: inner, forbidden: make(map[string]time.Time)}, nil
}

// Close ends all watches and waits for them. Names that are observed keep their
// last state. An observer must not call it.
func (c *Client) Close() error { return c.api.Close() }

// Stats returns the counts of each resource that the client has watched, sorted by its
// name, for metrics.
func (c *Client) Stats() []resolve.WatchStats { return c.api.Stats() }
