package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"time"

	"github.com/meshhop/meshhop/proxy/config"
)

// demoReplicas is how many replicas hello and each version of world have.
const demoReplicas = 3

// demoFlags are the addresses of the scene; port 0 picks a free one.
type demoFlags struct {
	outgoing, incoming, admin, zipkin string
	scribe                            *string // "": no Scribe
	engine                            string
	hosts                             *[]string
	hello                             string
	forward                           bool
	client                            *client
	server                            *server
}

func setupDemo(p *program, flags *flag.FlagSet) func(context.Context, []string) error {
	var f demoFlags
	flags.StringVar(&f.outgoing, "outgoing", "127.0.0.1:4140", "`host:port` of the outgoing router; port 0 picks a free one")
	flags.StringVar(&f.incoming, "incoming", "127.0.0.1:4141", "`host:port` of the incoming router")
	flags.StringVar(&f.admin, "admin", "127.0.0.1:9990", "`host:port` of the admin server")
	flags.StringVar(&f.zipkin, "zipkin", "127.0.0.1:9411", "`host:port` of the collector and its page; with -external, of yours")
	external := flags.Bool("external", false, "send the spans to the Zipkin that runs at -zipkin instead of starting a collector there")
	f.scribe = flags.String("scribe", "", "`host:port` for spans by Scribe, usually 9410: the demo's collector listens there, or with -external your Zipkin. Default: spans go by HTTP")
	flags.StringVar(&f.engine, "engine", "native", "what encodes the spans: `native` or stock")
	flags.BoolVar(&f.forward, "forward", true, "hello forwards the l5d-ctx-* headers; without them a trace splits in two")
	flags.StringVar(&f.hello, "hello", "", "`ip:port` of your own hello service in place of the demo's; examples/context has some")
	f.hosts = hostsFlag(flags)
	f.client, f.server = clientFlag(flags), serverFlag(flags)
	return func(ctx context.Context, _ []string) error {
		return p.demo(ctx, f, *external)
	}
}

// demo runs the scene: curl -> outgoing -> incoming -> hello -> outgoing ->
// incoming -> world, and a collector that shows it.
func (p *program) demo(ctx context.Context, f demoFlags, external bool) (err error) {
	d := &demo{
		flags:  f,
		hop:    map[string]net.Listener{},
		addr:   map[string]string{},
		around: newServers(),
		own:    ownListeners(),
	}
	defer func() { err = errors.Join(err, d.close()) }()
	if err := d.listen(external); err != nil {
		return err
	}
	if err := d.replicas(); err != nil {
		return err
	}
	file, err := config.Load("demo.yaml", []byte(d.yaml()), p.Kinds)
	if err != nil {
		return err
	}
	if p.log != nil {
		p.log.level.Set(slog.LevelWarn) // what the demo prints says where everything listens
	}
	build := p.Build
	build.SpanFlushEvery = 100 * time.Millisecond
	build.Listeners = d.own
	f.client.apply(&build)
	f.server.apply(&build)
	hop, err := newInstance(file, d.take, build, p.Stdout, nil, p.level(), p.Kinds)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.Stdout, "%-22s http://%s\n", "zipkin", d.addr["zipkin"])
	if at := d.addr["scribe"]; at != "" {
		fmt.Fprintf(p.Stdout, "%-22s %s\n", "scribe", at)
	}
	fmt.Fprintln(p.Stdout)
	fmt.Fprintf(p.Stdout, "try:  http_proxy=http://%s curl -s http://hello\n", d.addr["outgoing"])
	fmt.Fprintf(p.Stdout, "and:  http_proxy=http://%s curl -s -H 'l5d-dtab: /host/world => /srv/world-v2' http://hello\n", d.addr["outgoing"])
	fmt.Fprintf(p.Stdout, "open: http://%s/?serviceName=%s\n\nready\n", d.addr["zipkin"], url.QueryEscape(serviceName(d.addr["outgoing"])))
	return d.serve(ctx, hop)
}

// serve runs the scene. The hop stops first: its requests in flight still find
// the replicas, and its last spans the collector.
func (d *demo) serve(ctx context.Context, hop *instance) error {
	around, stopAround := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.around.run(around, defaultGrace) }()

	hopCtx, stopHop := context.WithCancel(context.Background())
	stop := context.AfterFunc(ctx, func() {
		hop.waitIdle(time.Second)
		stopHop()
	})
	defer stop()
	err := hop.run(hopCtx)
	stopHop()
	stopAround()
	return errors.Join(err, <-ended)
}

// serviceName is the name of a server in spans: "127.0.0.1/4140".
func serviceName(addr string) string {
	ip, port, _ := net.SplitHostPort(addr)
	return ip + "/" + port
}
