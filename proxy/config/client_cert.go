package config

import "github.com/meshhop/meshhop/router"

// readCertFormat reads in which form endpoints are told of a client's certificate; nil: it
// is absent.
func readCertFormat(d *Decoder) *router.ClientCertFormat {
	if !d.Has("forwardClientCertFormat") {
		return nil
	}
	format := router.LinkerdClientCert
	switch text := d.Text("forwardClientCertFormat", ""); text {
	case "linkerd":
	case "envoy":
		format = router.EnvoyClientCert
	default:
		d.Errorf("forwardClientCertFormat", "must be linkerd or envoy, not %s", quoted(text))
	}
	return &format
}
