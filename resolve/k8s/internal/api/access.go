package api

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
)

// Access is the way to an API server. The zero value is a kubectl proxy on this
// machine, localhost:8001. Ways are comparable: equal ones are the same server
// with the same rights.
type Access struct {
	// Host and Port are a server without TLS, which is a kubectl proxy.
	// Defaults localhost and 8001. A name is looked up for each connection.
	Host string
	Port uint16
	// InCluster is the server that a pod's environment names
	// (KUBERNETES_SERVICE_HOST and _PORT), with the pod's service account.
	InCluster bool
	// URL is a server by its address, such as https://10.0.0.1:6443.
	URL string
	// CAFile has the certificates that sign the server's. Default: those of
	// the system; in a cluster that of the service account. It is read again
	// when a server is not known by it.
	CAFile string
	// TokenFile has a token, which is read again as it may be replaced:
	// after a minute, and when the server takes it no more.
	TokenFile string
	// CertFile and KeyFile are a client's certificate.
	CertFile, KeyFile string
}

// Where a pod finds its service account.
const (
	accountCA    = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"
	accountToken = "/var/run/secrets/kubernetes.io/serviceaccount/token"
)

// resolved is the access with the environment and the defaults read into it: URL
// is set.
func (a Access) resolved() (Access, error) {
	proxied := a.Host != "" || a.Port != 0
	files := a.CAFile != "" || a.TokenFile != "" || a.CertFile != "" || a.KeyFile != ""
	switch {
	case proxied && (a.InCluster || a.URL != ""), a.InCluster && a.URL != "":
		return a, errors.New("only one of host and port, inCluster and url can be set")
	case a.InCluster:
		var parts [2]string
		for i, name := range []string{"KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"} {
			if parts[i] = os.Getenv(name); parts[i] == "" {
				return a, fmt.Errorf("inCluster: the environment has no %s, which it has in every pod", name)
			}
		}
		a.URL = "https://" + net.JoinHostPort(parts[0], parts[1])
		if a.CAFile == "" {
			a.CAFile = accountCA
		}
		if a.TokenFile == "" {
			a.TokenFile = accountToken
		}
	case a.URL == "":
		if files {
			return a, errors.New("files of keys and tokens are for url and inCluster: host and port are a server without TLS")
		}
		host, port := a.Host, a.Port
		if host == "" {
			host = "localhost"
		}
		if port == 0 {
			port = 8001
		}
		a.URL = "http://" + net.JoinHostPort(host, strconv.Itoa(int(port)))
	}
	if (a.CertFile == "") != (a.KeyFile == "") {
		return a, errors.New("certFile and keyFile must be set together")
	}
	return a, nil
}

// server is the parsed URL of a resolved access.
func (a Access) server() (*url.URL, error) {
	u, err := url.Parse(a.URL)
	switch {
	case err != nil:
		return nil, fmt.Errorf("url: %w", err)
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.Path != "/":
		return nil, fmt.Errorf("url: %q is not like https://host:6443", a.URL)
	case u.Scheme == "http" && a.TokenFile != "":
		return nil, errors.New("url: a token needs https")
	}
	// The port that goes without saying is not in the Host header.
	if port := u.Port(); port == "80" && u.Scheme == "http" || port == "443" && u.Scheme == "https" {
		u.Host = u.Hostname()
		if ip := net.ParseIP(u.Host); ip != nil && ip.To4() == nil {
			u.Host = "[" + u.Host + "]"
		}
	}
	u.Path = ""
	return u, nil
}
