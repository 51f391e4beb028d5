// Command embed is a program with a server and handlers of its own and a mesh
// hop as one of them. The program's OpenTelemetry SDK exports the hop's spans;
// here it prints them.
//
//	embed -dtab '/svc/users => /$/inet/127.0.0.1/9001'
//	curl http://127.0.0.1:8080/users/42     # GET /42, sent to 127.0.0.1:9001
//
// With -minimal it is the least program that has a hop: names are those of the
// Host header, and there are no spans.
//
//	embed -minimal -dtab '/svc/users => /$/inet/127.0.0.1/9001'
//	curl -H Host:users http://127.0.0.1:8080/42
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/meshhop/meshhop/resolve"
)

// drainTime is how long requests in flight may take to finish.
const drainTime = 10 * time.Second

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "`host:port` to serve on; port 0 picks a free one")
	dtab := flag.String("dtab", "/svc/users => /$/inet/127.0.0.1/9001", "where names lead, as a `dtab`")
	least := flag.Bool("minimal", false, "only a hop: no mux, no spans")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	do := run
	if *least {
		do = runMinimal
	}
	if err := do(ctx, *listen, *dtab); err != nil {
		fmt.Fprintln(os.Stderr, "embed:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, listen, dtabText string) (err error) {
	dtab, err := resolve.ParseDtab(dtabText)
	if err != nil {
		return fmt.Errorf("-dtab: %w", err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(printer{os.Stdout}, sdktrace.WithBatchTimeout(100*time.Millisecond)))
	defer func() { err = errors.Join(err, provider.Shutdown(context.Background())) }()

	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	fmt.Printf("try: curl -s http://%s/users/42\nready\n", l.Addr())
	return gateway(ctx, l, dtab, provider)
}

// runMinimal serves until ctx ends.
func runMinimal(ctx context.Context, listen, dtabText string) error {
	dtab, err := resolve.ParseDtab(dtabText)
	if err != nil {
		return fmt.Errorf("-dtab: %w", err)
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { l.Close() })
	fmt.Printf("try: curl -s -H Host:users http://%s/42\nready\n", l.Addr())
	if err := minimal(l, dtab); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// serve answers requests until ctx ends and those in flight have finished.
func serve(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	drained := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		late, cancel := context.WithTimeout(context.Background(), drainTime)
		defer cancel()
		drained <- server.Shutdown(late)
	})
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		stop()
		return err
	}
	return <-drained
}
