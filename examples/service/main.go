// Command service is a service in the middle: it answers with the help of
// another service, called name, which it finds in one of two ways.
//
// Through a proxy of the mesh, as the environment says; the program is then
// linked with ctxhdr and could do without the rest of this module:
//
//	http_proxy=http://127.0.0.1:4140 service
//
// Or by itself, with a router as its own transport and no proxy in between:
//
//	service -dtab '/svc/name => /$/inet/127.0.0.1/9001'
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
)

// drainTime is how long requests in flight may take to finish.
const drainTime = 10 * time.Second

func main() {
	listen := flag.String("listen", "127.0.0.1:7777", "`host:port` to serve on; port 0 picks a free one")
	dtab := flag.String("dtab", "", "route by this `dtab`; without one the environment's http_proxy does")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	if err := run(ctx, *listen, *dtab); err != nil {
		fmt.Fprintln(os.Stderr, "service:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, listen, dtab string) error {
	var base http.RoundTripper // nil: Go's own, which knows http_proxy
	if dtab != "" {
		r, err := newRouter(dtab, nil)
		if err != nil {
			return err
		}
		defer r.Close()
		base = r
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	fmt.Printf("try: curl -s http://%s\nready\n", l.Addr())
	return serve(ctx, l, greeting(base))
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
