package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/meshhop/meshhop/resolve/k8s"
)

const doctorHelp = `
It tests from where it runs, so run it in a pod that has the service account and the
environment of the hop: examples/kubernetes/doctor.yaml does. Exit status 1: something
that the hop needs is missing.
`

// questionTimeout bounds each question of the doctor's.
const questionTimeout = 5 * time.Second

// doctorFlags say where to look.
type doctorFlags struct {
	api, namespace, zipkin, otlp string
	http, scribe                 uint
	secure                       *secureFlags
}

func setupDoctor(p *program, flags *flag.FlagSet) func(context.Context, []string) error {
	var f doctorFlags
	flags.StringVar(&f.api, "api", "auto", "the Kubernetes API: `host:port` of a kubectl proxy, a URL, in-cluster, or auto, which tries localhost:8001 and then in-cluster")
	flags.StringVar(&f.namespace, "namespace", "", "the `namespace` whose objects the hop reads; all of them if empty")
	flags.StringVar(&f.zipkin, "zipkin", "zipkin-collector.default.svc.cluster.local", "`host` of Zipkin's collector; empty: there is none")
	flags.UintVar(&f.http, "zipkin-http", 9411, "`port` on which it takes spans by HTTP")
	flags.UintVar(&f.scribe, "zipkin-scribe", 9410, "`port` on which it takes them by Scribe")
	flags.StringVar(&f.otlp, "otlp", "", "`URL` of a collector that takes spans by OTLP/HTTP, such as http://otel-collector:4318; empty: there is none")
	f.secure = secureFlag(flags, "the collector of -otlp")
	return func(ctx context.Context, _ []string) error {
		d := &doctor{flags: f, version: p.Build.Version, out: p.Stdout}
		d.node(ctx)
		d.pod()
		d.kubernetes(ctx)
		d.spans(ctx)
		d.otlp(ctx)
		if d.wrong > 0 {
			return fmt.Errorf("%d wrong", d.wrong)
		}
		_, err := fmt.Fprintln(p.Stdout, "ok")
		return err
	}
}

// doctor finds out what a hop would miss here.
type doctor struct {
	flags   doctorFlags
	version string // the program's
	out     io.Writer
	wrong   int
}

// well prints what is as it should be.
func (d *doctor) well(what, format string, args ...any) { d.say("ok", what, format, args) }

// note prints what only some hops need, and what to do for those.
func (d *doctor) note(what, todo, format string, args ...any) {
	d.say("note", what, format, args)
	d.advise(todo)
}

// bad prints what is missing, and what to do.
func (d *doctor) bad(what, todo, format string, args ...any) {
	d.wrong++
	d.say("WRONG", what, format, args)
	d.advise(todo)
}

func (d *doctor) say(how, what, format string, args []any) {
	fmt.Fprintf(d.out, "%-5s  %-10s  %s\n", how, what, fmt.Sprintf(format, args...))
}

func (d *doctor) advise(todo string) {
	for line := range strings.Lines(todo) {
		fmt.Fprintf(d.out, "%-5s  %-10s  %s\n", "", "", strings.TrimRight(line, "\n"))
	}
}

// access is how the API may be reached; the first way that works counts.
func (d *doctor) access() ([]k8s.Access, error) {
	switch api := d.flags.api; {
	case api == "auto":
		return []k8s.Access{{}, {InCluster: true}}, nil
	case api == "in-cluster":
		return []k8s.Access{{InCluster: true}}, nil
	case strings.Contains(api, "://"):
		return []k8s.Access{{URL: api}}, nil
	default:
		host, port, err := net.SplitHostPort(api)
		if err != nil {
			return nil, fmt.Errorf("-api: %w", err)
		}
		number, err := strconv.ParseUint(port, 10, 16)
		if err != nil || number == 0 || host == "" {
			return nil, errors.New("-api: want host:port, a URL, in-cluster or auto")
		}
		return []k8s.Access{{Host: host, Port: uint16(number)}}, nil
	}
}
