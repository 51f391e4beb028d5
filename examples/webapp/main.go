// Command webapp is the smallest mesh that shows a whole trace: three services
// and one router, in one process and without a configuration file.
//
//	curl -> mesh -> web -> mesh -> b
//	                    -> mesh -> c
//
// web asks b and then c. It knows nothing about tracing and only forwards the
// l5d-ctx-* headers, which is enough for one request to be one tree of six
// spans, printed as they end:
//
//	A server mesh "mesh /svc/web"        the request, until its answer is out
//	B   client #/here/web "GET /"        web's time for it
//	C     server mesh "mesh /svc/b"      web's call to b
//	D       client #/here/b "GET /"      b's time for it
//	E     server mesh "mesh /svc/c"      web's call to c
//	F       client #/here/c "GET /"      c's time for it
//
// With -forward=false the tree falls into three traces.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/meshhop/meshhop/trace"
)

// config is the command line.
type config struct {
	listen  string
	forward bool
}

func main() {
	var c config
	flag.StringVar(&c.listen, "listen", "127.0.0.1:4140", "`host:port` of the mesh; port 0 picks a free one")
	flag.BoolVar(&c.forward, "forward", true, "web forwards the l5d-ctx-* headers; without them the trace falls apart")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	if err := run(ctx, c, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "webapp:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends and prints the spans of each request.
func run(ctx context.Context, c config, out io.Writer) (err error) {
	spans, err := trace.NewPipeline(trace.PipelineConfig{
		Exporter:   printer{out},
		FlushEvery: 100 * time.Millisecond,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, spans.Close(context.Background())) }()

	a, err := newApp(c, spans)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "try: http_proxy=http://%s curl -s http://web\nready\n", a.addr)
	return a.serve(ctx)
}
