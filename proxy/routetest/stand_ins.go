package routetest

import (
	"fmt"
	"maps"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/proxy/internal/linkerd"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
)

// standIns is the table with an entry for each kind of Linkerd's that is not
// here, where fakes take its place: whatever its keys are, they are not read.
func (c Config) standIns(n *namerd) config.Kinds {
	k := c.Kinds
	all := linkerd.AllKinds()
	k.Namers = with(k.Namers, all.Namers, func(kind string) config.Namer {
		return config.Namer{Prefix: resolve.Path{}.AppendLabel(kind)}
	})
	k.Telemeters = with(k.Telemeters, all.Telemeters, func(string) config.Telemeter { return config.Telemeter{} })
	k.Interpreters = with(k.Interpreters, all.Interpreters, func(string) config.Interpreter { return n.interpreter })
	// This one is here, and asks a Kubernetes: a test says what the ConfigMap has.
	const configMap = "io.l5d.k8s.configMap"
	if read := k.Interpreters[configMap]; read != nil {
		k.Interpreters[configMap] = func(d *config.Decoder) (config.Interpreter, error) {
			_, err := read(d)
			return n.interpreter, err
		}
	}
	if !c.Transformers {
		k.Transformers = with(k.Transformers, all.Transformers, func(kind string) config.Transformer {
			return config.Transformer{Prefix: resolve.Path{}.AppendLabel(kind)}
		})
	}
	return k
}

// with is a table with entries for kinds that it lacks.
func with[T any](table map[string]func(*config.Decoder) (T, error), kinds []string, part func(kind string) T) map[string]func(*config.Decoder) (T, error) {
	all := maps.Clone(table)
	if all == nil {
		all = map[string]func(*config.Decoder) (T, error){}
	}
	for _, kind := range kinds {
		if all[kind] != nil {
			continue
		}
		all[kind] = func(d *config.Decoder) (T, error) {
			d.Skip()
			return part(kind), nil
		}
	}
	return all
}

// namerd is what a test says of the namespace of a namerd.
type namerd struct {
	base   resolve.Dtab
	mounts []resolve.Mount
}

// namerd makes the fakes.
func (c Config) namerd() (*namerd, error) {
	base, err := resolve.ParseDtab(c.Namerd)
	if err != nil {
		return nil, fmt.Errorf("field Namerd: %w", err)
	}
	n := &namerd{base: base}
	for _, text := range c.NamerdNamers {
		prefix, err := resolve.ParsePath(text)
		if err != nil {
			return nil, fmt.Errorf("field NamerdNamers: %w", err)
		}
		n.mounts = append(n.mounts, resolve.Mount{Prefix: prefix, Namer: new(resolvetest.Namer)})
	}
	return n, nil
}

func (n *namerd) interpreter(_ config.BuildOptions, c resolve.Config) (resolve.Interpreter, error) {
	c.Base = resolve.Const(n.base)
	c.Namers = append(c.Namers, n.mounts...)
	return resolve.New(c)
}
