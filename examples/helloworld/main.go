// Command helloworld is one service of the hello world example: "hello", which
// calls "world" through the mesh, or "world", depending on its flags. It takes
// those that the HTTP manifests of linkerd-examples give buoyantio/helloworld.
//
//	helloworld -addr :7778 -text world
//	http_proxy=127.0.0.1:4140 helloworld -addr :7777 -text Hello -target world
//
// It reads three environment variables: http_proxy, the mesh's address, where
// the scheme may be missing and which applies to local targets too;
// TARGET_WORLD, which replaces -text; and POD_IP, the address to answer with in
// place of the connection's own. POST /setLatency?latency=600ms changes -latency
// while it runs. SIGINT and SIGTERM let the requests
// under way finish; a second one does not.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/meshhop/meshhop/internal/helloworld"
)

// drainTime is how long requests under way may take to finish.
const drainTime = 15 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "helloworld:", err)
		os.Exit(1)
	}
}

// errUsage says that the flags are wrong; the flag package has said how.
var errUsage = errors.New("usage")

// run serves until ctx ends.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("helloworld", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", ":7777", "`address` to serve on; port 0 picks a free one")
	text := flags.String("text", "Hello", "`text` to serve; the environment variable TARGET_WORLD replaces it")
	target := flags.String("target", "", "`service` to call before answering; http_proxy says through which proxy")
	forward := flags.Bool("forward", true, "forward l5d-ctx-* headers to the target; without them a trace falls apart")
	asJSON := flags.Bool("json", false, `answer {"api_result": "..."} and not with plain text`)
	latency := flags.Duration("latency", 0, fmt.Sprintf("`time` to wait before every answer, at most %v; POST /setLatency?latency=600ms changes it", helloworld.MaxLatency))
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if s := getenv("TARGET_WORLD"); s != "" {
		*text = s
	}
	proxy, err := helloworld.ParseProxy(getenv("http_proxy"))
	if err != nil {
		return fmt.Errorf("environment variable http_proxy: %w", err)
	}
	ip, err := podIP(getenv)
	if err != nil {
		return err
	}
	service, err := helloworld.New(helloworld.Config{
		Text: *text, Target: *target, Proxy: proxy, Forward: *forward,
		IP: ip, JSON: *asJSON, Latency: *latency,
	})
	if err != nil {
		return err
	}
	defer service.Close()
	ln, err := net.Listen("tcp", *addr)
	if err != nil {
		return fmt.Errorf("serving on %q: %w", *addr, err)
	}
	fmt.Fprintf(stdout, "serving %q on %s\n", *text, ln.Addr())
	return serve(ctx, ln, service)
}

// podIP is what the manifests set from status.podIP. A pod that is asked through
// kubectl port-forward is asked at 127.0.0.1.
func podIP(getenv func(string) string) (ip netip.Addr, err error) {
	if s := getenv("POD_IP"); s != "" {
		if ip, err = netip.ParseAddr(s); err != nil {
			return ip, fmt.Errorf("environment variable POD_IP: %w", err)
		}
	}
	return ip, nil
}

// serve answers requests until ctx ends and those under way are finished.
func serve(ctx context.Context, ln net.Listener, h http.Handler) error {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	drained := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		ctx, cancel := context.WithTimeout(context.Background(), drainTime)
		defer cancel()
		drained <- srv.Shutdown(ctx)
	})
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		stop()
		return err
	}
	if err := <-drained; err != nil {
		srv.Close()
		return fmt.Errorf("requests were cut off after %v: %w", drainTime, err)
	}
	return nil
}
