package config

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"

	"github.com/meshhop/meshhop/internal/hostaddr"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s"
	"github.com/meshhop/meshhop/resolve/transform"
)

// daemonSetTransformer is io.l5d.k8s.daemonset.
func daemonSetTransformer(d *Decoder) (Transformer, error) {
	access := kubernetesAccess(d, "k8sHost", "k8sPort")
	c := k8s.DaemonSetConfig{HostNetwork: d.Bool("hostNetwork", false)}
	c.Prefix = resolve.Path{}.AppendLabel("io.l5d.k8s.daemonset")
	for _, key := range []struct {
		name string
		to   *string
	}{{"namespace", &c.Namespace}, {"port", &c.Port}, {"service", &c.Service}} {
		*key.to = d.Text(key.name, "")
		if d.Need(key.name) && *key.to == "" && !d.odd(key.name) {
			d.Errorf(key.name, "must not be empty")
		}
		if *key.to != "" {
			c.Prefix = c.Prefix.AppendLabel(*key.to)
		}
	}
	return Transformer{
		Prefix: c.Prefix,
		New: func(o BuildOptions, prefix resolve.Path) (resolve.Transformer, error) {
			c := c
			var err error
			if c.Client, err = o.kubernetes(access); err != nil {
				return nil, err
			}
			c.Prefix = prefix
			return k8s.NewDaemonSet(c)
		},
	}, nil
}

var (
	errNoPodIP    = errors.New("POD_IP env variable must be set to the pod's IP")
	errNoNodeName = errors.New("NODE_NAME env variable must be set to the node's name")
)

// localNodeTransformer is io.l5d.k8s.localnode. Its own location comes
// from the environment, as the manifest of a DaemonSet sets it.
func localNodeTransformer(d *Decoder) (Transformer, error) {
	hostNetwork := d.Bool("hostNetwork", false)
	node := os.Getenv("NODE_NAME")
	pod := podIPs()
	where := node
	if !hostNetwork {
		where = pod[0]
	}
	prefix := resolve.Path{}.AppendLabel("io.l5d.k8s.localnode")
	if where != "" {
		prefix = prefix.AppendLabel(where)
	}
	return Transformer{
		Prefix: prefix,
		New: func(_ BuildOptions, prefix resolve.Path) (resolve.Transformer, error) {
			switch {
			case hostNetwork && node == "":
				return nil, errNoNodeName
			case hostNetwork:
				return transform.LocalNode(prefix, resolve.Address{NodeName: node}), nil
			case where == "":
				return nil, errNoPodIP
			}
			own, err := ownAddresses(pod, node)
			if err != nil {
				return nil, err
			}
			return transform.LocalNode(prefix, own...), nil
		},
	}, nil
}

// podIPs returns the address in the environment's POD_IP, and those in POD_IPS, which has
// both of a pod with two families, separated by commas (status.podIPs). There is always at
// least one element, which may be "".
func podIPs() []string {
	all := []string{os.Getenv("POD_IP")}
	for ip := range strings.SplitSeq(os.Getenv("POD_IPS"), ",") {
		if ip = strings.TrimSpace(ip); ip == "" || ip == all[0] {
			continue
		}
		if all[0] == "" {
			all[0] = ip
			continue
		}
		all = append(all, ip)
	}
	return all
}

// ownAddresses are the addresses of this pod, with the name of its node if that is known.
func ownAddresses(pod []string, node string) ([]resolve.Address, error) {
	var own []resolve.Address
	for i, text := range pod {
		ip, ok := hostaddr.ParseIP(text)
		switch {
		case !ok && i == 0:
			return nil, fmt.Errorf("POD_IP in the environment is %q, which is not an IP address", text)
		case !ok:
			return nil, fmt.Errorf("POD_IPS in the environment has %q, which is not an IP address", text)
		case i == 0 && !ip.Unmap().Is4() && node == "":
			return nil, fmt.Errorf("POD_IP is %s, but the IPv6 pods of this node can be found only by its name: %w", text, errNoNodeName)
		}
		own = append(own, resolve.Address{AddrPort: netip.AddrPortFrom(ip, 0), NodeName: node})
	}
	return own, nil
}
