package config

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/meshhop/meshhop/internal/hostaddr"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/transform"
)

// transformerSection is an entry of a list transformers.
type transformerSection struct {
	path   string
	at     Position
	prefix resolve.Path // with /%
	build  func(BuildOptions, resolve.Path) (resolve.Transformer, error)

	looksUp resolve.Path // see Transformer.Path
	key     *Decoder     // for its position
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

			looksUp: transformer.Path,
			key:     d,
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
			return transform.Localhost(prefix)
		},
	}, nil
}

// specificHostTransformer is io.l5d.specificHost. A host that is a name is
// looked up when the mesh is built, as in Linkerd.
func specificHostTransformer(d *Decoder) (Transformer, error) {
	host := d.Text("host", "")
	ip, isIP := hostaddr.ParseIP(host)
	if d.Need("host") && !isIP && !hostName(host) {
		d.Errorf("host", "must be a host name or an IP address alone, not %s", quoted(host))
	}
	return Transformer{
		Prefix: resolve.Path{}.AppendLabel("io.l5d.specificHost"),
		New: func(o BuildOptions, prefix resolve.Path) (resolve.Transformer, error) {
			ips := []netip.Addr{ip}
			if !isIP {
				var err error
				if ips, err = lookUp(host, o.Resolver); err != nil {
					return nil, err
				}
			}
			return transform.SpecificHost(prefix, ips...)
		},
	}, nil
}

// hostLookupTimeout bounds the lookup of a host in the file.
const hostLookupTimeout = 5 * time.Second

func lookUp(host string, r resolve.Resolver) ([]netip.Addr, error) {
	ctx, cancel := context.WithTimeout(context.Background(), hostLookupTimeout)
	defer cancel()
	if r == nil {
		r = net.DefaultResolver
	}
	ips, err := r.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, fmt.Errorf("look up host %q: %w", host, err)
	}
	return ips, nil
}

// hostName reports whether text can be the name of a host.
func hostName(text string) bool {
	return text != "" && !strings.ContainsAny(text, "/ @?#:[]")
}

// replaceTransformer is io.l5d.replace.
func replaceTransformer(d *Decoder) (Transformer, error) {
	return namingTransformer(d, "io.l5d.replace", transform.Replace)
}

// constTransformer is io.l5d.const.
func constTransformer(d *Decoder) (Transformer, error) {
	return namingTransformer(d, "io.l5d.const", transform.Const)
}

func namingTransformer(d *Decoder, kind string, build func(path, prefix resolve.Path) resolve.Transformer) (Transformer, error) {
	d.Need("path")
	path := d.Name("path", resolve.Path{}.AppendLabel("?"))
	if path.IsEmpty() {
		d.Errorf("path", "must have at least one segment, such as /$/inet/127.1/4140")
	}
	return Transformer{
		Prefix: resolve.Path{}.AppendLabel(kind),
		New: func(_ BuildOptions, prefix resolve.Path) (resolve.Transformer, error) {
			return build(path, prefix), nil
		},
		Path: path,
	}, nil
}
