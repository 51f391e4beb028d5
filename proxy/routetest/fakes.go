package routetest

import (
	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
)

// fakes is the table with fakes in the place of all that would reach out of the
// test: namers, telemeters, hosts. All keys are read as ever, but those of kinds
// that are not here and have a fake all the same. Interpreters tell *now what
// they are asked.
func (c Config) fakes(n *namerd, now **catcher) config.Kinds {
	k := c.standIns(n)
	k.Namers = replace(k.Namers, func(n config.Namer) config.Namer {
		n.New = config.Ready[resolve.Namer](new(resolvetest.Namer))
		return n
	})
	k.Telemeters = replace(k.Telemeters, func(t config.Telemeter) config.Telemeter {
		return config.Telemeter{MetricsPath: t.MetricsPath, MetricsPrefix: t.MetricsPrefix}
	})
	if !c.Transformers {
		k.Transformers = replace(k.Transformers, func(t config.Transformer) config.Transformer {
			t.New = func(config.BuildOptions, resolve.Path) (resolve.Transformer, error) { return unchanged{}, nil }
			return t
		})
	}
	k.Interpreters = replace(k.Interpreters, func(build config.Interpreter) config.Interpreter {
		return func(b config.BuildOptions, c resolve.Config) (resolve.Interpreter, error) {
			inner, err := build(b, c)
			if err != nil {
				return nil, err
			}
			return (*now).before(inner), nil
		}
	})
	utilities := make(map[string]config.Part[resolve.Namer], len(k.Utilities))
	for name, part := range k.Utilities {
		utilities[name] = fakeHosts(name, part)
	}
	k.Utilities = utilities
	return k
}

// replace changes what the functions of a table return.
func replace[T any](table map[string]func(*config.Decoder) (T, error), change func(T) T) map[string]func(*config.Decoder) (T, error) {
	out := make(map[string]func(*config.Decoder) (T, error), len(table))
	for kind, read := range table {
		out[kind] = func(d *config.Decoder) (T, error) {
			part, err := read(d)
			if err != nil {
				return part, err
			}
			return change(part), nil
		}
	}
	return out
}

// unchanged is a transformer that does nothing.
type unchanged struct{}

func (unchanged) Transform(t *resolve.Activity[resolve.NameTree[*resolve.Bound]]) *resolve.Activity[resolve.NameTree[*resolve.Bound]] {
	return t
}
