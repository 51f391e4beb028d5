package config

import (
	"errors"
	"strings"

	"github.com/meshhop/meshhop/internal/hostaddr"
	"github.com/meshhop/meshhop/resolve/k8s"
)

// kubernetesAccess reads how a part reaches the API server. The keys for a
// kubectl proxy are host and port; one kind of Linkerd's has other names for them.
func kubernetesAccess(d *Decoder, host, port string) k8s.Access {
	a := k8s.Access{
		Host:      d.Text(host, ""),
		Port:      d.Port(port, 0, 1),
		InCluster: d.Bool("inCluster", false),
		URL:       d.Text("url", ""),
		CAFile:    d.Text("caFile", ""),
		TokenFile: d.Text("tokenFile", ""),
		CertFile:  d.Text("certFile", ""),
		KeyFile:   d.Text("keyFile", ""),
	}
	if _, isIP := hostaddr.ParseIP(a.Host); isIP {
		a.Host = strings.Trim(a.Host, "[]")
	} else if a.Host != "" && !hostName(a.Host) {
		d.Errorf(host, "must be a host name or an IP address alone, not %s", quoted(a.Host))
	}
	for _, secure := range []string{"inCluster", "url"} {
		if secure == "inCluster" && !a.InCluster || secure == "url" && a.URL == "" {
			continue
		}
		for _, plain := range []string{host, port} {
			if d.Has(plain) {
				d.Errorf(secure, "%s is for a kubectl proxy: only one of %s and %s can be set", plain, plain, secure)
			}
		}
	}
	if a.InCluster && a.URL != "" {
		d.Errorf("url", "only one of inCluster and url can be set")
	}
	if !a.InCluster && a.URL == "" {
		for _, key := range []string{"caFile", "tokenFile", "certFile", "keyFile"} {
			if d.Has(key) {
				d.Errorf(key, "is for inCluster or url: a kubectl proxy has no TLS and takes no token")
			}
		}
	}
	if (a.CertFile == "") != (a.KeyFile == "") && (a.InCluster || a.URL != "") {
		d.Errorf("", "certFile and keyFile must be set together")
	}
	return a
}

// kubernetesClients are the clients of a mesh. Parts with the same access share a client,
// and its watches.
type kubernetesClients struct {
	mesh *Mesh
	all  map[k8s.Access]*k8s.Client
}

// kubernetes returns the client for an access. The mesh closes it.
func (o BuildOptions) kubernetes(a k8s.Access) (*k8s.Client, error) {
	clients := o.kubernetesClients
	if clients == nil {
		return nil, errors.New("a part that uses Kubernetes can be built only by File.Build")
	}
	if c := clients.all[a]; c != nil {
		return c, nil
	}
	c, err := k8s.NewClient(k8s.ClientConfig{Access: a, Transport: o.Kubernetes, Version: o.Version, ErrorLog: o.ErrorLog})
	if err != nil {
		return nil, err
	}
	clients.mesh.own(c)
	setUnique(clients.mesh.Kubernetes, c.Server(), c.Stats)
	clients.all[a] = c
	return c, nil
}
