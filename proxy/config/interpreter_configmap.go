package config

import (
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s"
)

// configMapInterpreter is the kind io.l5d.k8s.configMap: the default interpreter
// with a dtab in a ConfigMap of Kubernetes, which stands before the router's own
// (ConfiguredDtabNamer.scala).
func configMapInterpreter(d *Decoder) (Interpreter, error) {
	access := kubernetesAccess(d, "host", "port")
	if !d.Bool("experimental", false) {
		d.Errorf("experimental", "must be true for io.l5d.k8s.configMap, as in Linkerd")
	}
	c := k8s.ConfigMapConfig{Namespace: d.Text("namespace", "default")}
	for _, key := range []struct {
		name string
		to   *string
	}{{"name", &c.Name}, {"filename", &c.Key}} {
		*key.to = d.Text(key.name, "")
		if d.Need(key.name) && *key.to == "" && !d.odd(key.name) {
			d.Errorf(key.name, "must not be empty")
		}
	}
	return func(o BuildOptions, in resolve.Config) (resolve.Interpreter, error) {
		c := c
		c.ErrorLog = o.ErrorLog
		var err error
		if c.Client, err = o.kubernetes(access); err != nil {
			return nil, err
		}
		m, err := k8s.NewConfigMap(c)
		if err != nil {
			return nil, err
		}
		in.Base = m.Dtab()
		names, err := resolve.New(in)
		if err != nil {
			_ = m.Close()
			return nil, err
		}
		return dtabFromConfigMap{names, m}, nil
	}, nil
}

// dtabFromConfigMap is an interpreter whose Close ends the watch of its ConfigMap.
type dtabFromConfigMap struct {
	*resolve.DefaultInterpreter
	*k8s.ConfigMap
}
