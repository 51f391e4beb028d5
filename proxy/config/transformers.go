package config

import (
	"strconv"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/transform"
)

// transformerSection is an entry of a list transformers.
type transformerSection struct {
	path   string
	at     Position
	prefix resolve.Path // with /%
	build  func(BuildOptions, resolve.Path) (resolve.Transformer, error)
}

func readTransformers(of *Decoder, kinds Kinds) []transformerSection {
	var all []transformerSection
	for _, d := range of.Groups("transformers") {
		prefix, named := d.Name("prefix", resolve.Path{}), d.Has("prefix")
		transformer, _, ok := kindOf(d, transformers, kinds.Transformers)
		d.Done()
		if !ok {
			continue
		}
		if !named {
			prefix = transformer.Prefix
		}
		all = append(all, transformerSection{
			path:   d.Path(),
			at:     d.Position(),
			prefix: resolve.Path{}.AppendLabel("%").Append(prefix),
			build:  transformer.New,
		})
	}
	return all
}

// portTransformer is io.l5d.port.
func portTransformer(d *Decoder) (Transformer, error) {
	d.Need("port")
	port := d.Port("port", 0, 1)
	return Transformer{
		Prefix: resolve.Path{}.AppendLabel("io.l5d.port").AppendLabel(strconv.Itoa(int(port))),
		New: func(_ BuildOptions, prefix resolve.Path) (resolve.Transformer, error) {
			return transform.Port(port, prefix), nil
		},
	}, nil
}

// localhostTransformer is io.l5d.localhost.
func localhostTransformer(*Decoder) (Transformer, error) {
	return Transformer{
		Prefix: resolve.Path{}.AppendLabel("io.l5d.localhost"),
		New: func(_ BuildOptions, prefix resolve.Path) (resolve.Transformer, error) {
			t, err := transform.Localhost(prefix)
			if err != nil {
				return nil, err
			}
			return t, nil
		},
	}, nil
}
