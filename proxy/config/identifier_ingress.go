package config

import (
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/router/ingress"
)

// ingressIdentifier is io.l5d.ingress.
func ingressIdentifier(d *Decoder) (Part[router.Identifier], error) {
	access := kubernetesAccess(d, "host", "port")
	c := ingress.Config{
		Namespace:             d.Text("namespace", ""),
		Class:                 d.Text("ingressClassAnnotation", "linkerd"),
		RequireClass:          d.Bool("requireClass", false),
		IgnoreDefaultBackends: d.Bool("ignoreDefaultBackends", false),
	}
	return func(o BuildOptions) (router.Identifier, error) {
		c := c
		var err error
		if c.Client, err = o.kubernetes(access); err != nil {
			return nil, err
		}
		c.ErrorLog = o.ErrorLog
		return ingress.New(c)
	}, nil
}
