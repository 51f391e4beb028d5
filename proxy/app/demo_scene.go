package app

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/meshhop/meshhop/internal/collector"
	"github.com/meshhop/meshhop/internal/helloworld"
	"github.com/meshhop/meshhop/proxy/serve"
	"github.com/meshhop/meshhop/router"
)

// demo is everything in the scene but the hop itself.
type demo struct {
	flags  demoFlags
	hop    map[string]net.Listener // the hop's listeners, until it takes them
	addr   map[string]string       // where outgoing, incoming, admin and zipkin are
	around *servers                // the collector and the endpoints
	own    *router.Listeners       // where the hop and the collector listen
	// incoming is the listener of the incoming router, in front of all endpoints.
	incoming *multiListener
	apps     []*helloworld.App
	disco    string // the directory that io.l5d.fs watches
}

// listen opens the hop's ports before anything runs, so that the configuration can
// name them.
func (d *demo) listen(external bool) error {
	for _, at := range []struct{ name, addr string }{
		{"outgoing", d.flags.outgoing}, {"incoming", d.flags.incoming}, {"admin", d.flags.admin},
	} {
		l, err := net.Listen("tcp", at.addr)
		if err != nil {
			return fmt.Errorf("-%s: %w", at.name, err)
		}
		if at.name == "incoming" {
			d.incoming = newMultiListener(l)
			l = d.incoming
		}
		d.hop[at.name], d.addr[at.name] = l, l.Addr().String()
	}
	d.addr["zipkin"], d.addr["scribe"] = d.flags.zipkin, *d.flags.scribe
	if external {
		return nil
	}
	store, err := collector.New(collector.Config{Hosts: *d.flags.hosts})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", d.flags.zipkin)
	if err != nil {
		return fmt.Errorf("-zipkin: %w", err)
	}
	d.addr["zipkin"] = l.Addr().String()
	d.own.Add(l.Addr())
	d.around.add(&listening{server: serve.New(store, serve.Config{IdleTimeout: collectorIdle}), listener: l})
	if d.addr["scribe"] == "" {
		return nil
	}
	scribe, err := listenScribe(store, d.addr["scribe"])
	if err != nil {
		return err
	}
	d.addr["scribe"] = scribe.listener.Addr().String()
	d.own.Add(scribe.listener.Addr())
	d.around.add(scribe)
	return nil
}

// telemeter sends all spans to the collector.
func (d *demo) telemeter() string {
	engine := ""
	if d.flags.engine != "native" {
		engine = "  engine: " + d.flags.engine + "\n"
	}
	if d.addr["scribe"] == "" {
		return fmt.Sprintf("- kind: io.zipkin.http\n  host: %q\n  initialSampleRate: 1.0\n%s", d.addr["zipkin"], engine)
	}
	host, port, _ := net.SplitHostPort(d.addr["scribe"])
	return fmt.Sprintf("- kind: io.l5d.zipkin\n  host: %q\n  port: %s\n  transport: scribe\n  sampleRate: 1.0\n%s", host, port, engine)
}

// take hands out the listener of an address that the configuration names.
func (d *demo) take(addr string, _ serve.SocketOptions) (net.Listener, error) {
	for name, l := range d.hop {
		if d.addr[name] == addr {
			delete(d.hop, name)
			return l, nil
		}
	}
	return nil, fmt.Errorf("nothing listens at %s", addr)
}

// replicas starts hello and both versions of world, and writes their addresses to
// files for io.l5d.fs.
func (d *demo) replicas() error {
	outgoing, err := helloworld.ParseProxy(d.addr["outgoing"])
	if err != nil {
		return err
	}
	if d.disco, err = os.MkdirTemp("", "meshhop-demo-"); err != nil {
		return err
	}
	for _, service := range []struct {
		name string
		app  helloworld.Config
	}{
		{"hello", helloworld.Config{Text: "Hello", Target: "world", Proxy: outgoing, Forward: d.flags.forward}},
		{"world-v1", helloworld.Config{Text: "world", Forward: d.flags.forward}},
		{"world-v2", helloworld.Config{Text: "earth", Forward: d.flags.forward}},
	} {
		var at []netip.AddrPort
		if service.name == "hello" && d.flags.hello != "" {
			at, err = d.elsewhere(d.flags.hello)
		} else {
			at, err = d.start(service.app)
		}
		if err != nil {
			return err
		}
		var lines strings.Builder
		for _, one := range at {
			fmt.Fprintf(&lines, "%s %d\n", one.Addr(), one.Port())
		}
		if err := os.WriteFile(filepath.Join(d.disco, service.name), []byte(lines.String()), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// start starts the replicas of a service.
func (d *demo) start(service helloworld.Config) (all []netip.AddrPort, err error) {
	for range demoReplicas {
		ip := d.nextIP()
		service.From = ip // as from a pod
		replica, err := helloworld.New(service)
		if err != nil {
			return nil, err
		}
		d.apps = append(d.apps, replica)
		l, err := net.Listen("tcp", netip.AddrPortFrom(ip, 0).String())
		if err != nil {
			return nil, err
		}
		d.around.add(&listening{server: serve.New(replica, serve.Config{}), listener: l})
		all = append(all, l.Addr().(*net.TCPAddr).AddrPort())
	}
	return all, nil
}

// nextIP returns the address of the next replica. If the system has more loopback
// addresses than 127.0.0.1, as Linux has, each replica gets one of its own, as pods do:
// 127.0.1.1 and on. The incoming router then listens there, too.
func (d *demo) nextIP() netip.Addr {
	if ip := netip.AddrFrom4([4]byte{127, 0, 1, byte(len(d.apps) + 1)}); d.incoming.also(ip) == nil {
		return ip
	}
	return netip.AddrFrom4([4]byte{127, 0, 0, 1})
}

// elsewhere returns the address of a service that the demo does not start.
func (d *demo) elsewhere(text string) ([]netip.AddrPort, error) {
	at, err := netip.ParseAddrPort(text)
	if err == nil {
		err = d.incoming.also(at.Addr()) // where the outgoing router will look for it
	}
	if err != nil {
		return nil, fmt.Errorf("-hello: %w", err)
	}
	return []netip.AddrPort{at}, nil
}

// demoDtab is the dtab of both routers.
const demoDtab = `  dtab: |
    /srv        => /#/io.l5d.fs ;
    /host       => /srv ;
    /svc        => /host ;
    /host/world => /srv/world-v1 ;
`

// yaml is the configuration of the hop, as one would write it for Linkerd.
func (d *demo) yaml() string {
	_, incoming, _ := net.SplitHostPort(d.addr["incoming"])
	return fmt.Sprintf(`admin:
%[1]s
telemetry:
%[2]snamers:
- kind: io.l5d.fs
  rootDir: %[3]q
routers:
- protocol: http
  label: outgoing
%[7]s  interpreter:
    kind: default
    transformers:
    - kind: io.l5d.port
      port: %[4]s
  servers:
  -
%[5]s
- protocol: http
  label: incoming
%[7]s  interpreter:
    kind: default
    transformers:
    - kind: io.l5d.localhost
  servers:
  -
%[6]s
`, ipAndPort("  ", d.addr["admin"]), d.telemeter(), d.disco, incoming,
		ipAndPort("    ", d.addr["outgoing"]), ipAndPort("    ", d.addr["incoming"]), demoDtab)
}

// ipAndPort is an address as two keys of a configuration.
func ipAndPort(indent, addr string) string {
	ip, port, _ := net.SplitHostPort(addr)
	return fmt.Sprintf("%[1]sip: %[2]q\n%[1]sport: %[3]s", indent, ip, port)
}

func (d *demo) close() error {
	for _, l := range d.hop {
		l.Close()
	}
	d.around.closeListeners()
	for _, a := range d.apps {
		a.Close()
	}
	if d.disco == "" {
		return nil
	}
	return os.RemoveAll(d.disco)
}
