package main

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/meshhop/meshhop/proxy/proxytest"
)

// start starts a server for a service, and returns its address.
func start(t *testing.T, name string, g greeter) string {
	t.Helper()
	return startServer(t, func(s *grpc.Server) { s.RegisterService(service(name), g) })
}

func startServer(t *testing.T, register func(*grpc.Server)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer()
	register(s)
	done := make(chan error)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func client(t *testing.T, addr string) *grpc.ClientConn {
	t.Helper()
	c, err := dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// inet is the name of an address.
func inet(addr string) string { return "/$/inet/" + strings.ReplaceAll(addr, ":", "/") }

// twoHops starts an outgoing and an incoming router, and returns a client of the first. The
// dtab of the second is given.
func twoHops(t *testing.T, dtab string) (*proxytest.Mesh, *grpc.ClientConn) {
	t.Helper()
	const router = `
- protocol: h2
  label: %s
  identifier: {kind: io.l5d.header.path, segments: 1}
  servers: [{port: 0}]
  dtab: |
%s
`
	indent := func(text string) string { return "    " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ") }
	incoming := proxytest.Start(t, "routers:"+fmt.Sprintf(router, "incoming", indent(dtab)))
	addr := strings.TrimPrefix(incoming.URL("incoming"), "http://")
	outgoing := proxytest.Start(t, "routers:"+fmt.Sprintf(router, "outgoing", indent("/svc => "+inet(addr))))
	return outgoing, client(t, strings.TrimPrefix(outgoing.URL("outgoing"), "http://"))
}

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// seeing keeps the metadata of the calls that a greeter gets.
type seeing struct {
	greeter
	got chan<- metadata.MD
}

func (s seeing) greet(ctx context.Context, who string) (string, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	s.got <- md
	return s.greeter.greet(ctx, who)
}

// TestHelloWorld: a call goes through two hops to hello, and from there through two hops to
// world. Its dtab, its trace and its deadline go all the way.
func TestHelloWorld(t *testing.T) {
	got := make(chan metadata.MD, 1)
	v1 := start(t, worldService, world{"world", "v1"})
	v2 := start(t, worldService, seeing{world{"earth", "v2"}, got})
	_, toWorld := twoHops(t, "/svc/helloworld.World => "+inet(v1))
	helloAddr := start(t, helloService, hello{"h", toWorld})
	mesh, c := twoHops(t, "/svc/helloworld.Hello => "+inet(helloAddr))
	if text, err := greeting(within(t, 10*time.Second), c, helloService, "you"); err != nil || text != "Hello (h) world (v1) you!!" {
		t.Fatalf("%q, %v", text, err)
	}
	ctx := metadata.AppendToOutgoingContext(within(t, 10*time.Second), "l5d-dtab", "/svc/helloworld.World => "+inet(v2))
	if text, err := greeting(ctx, c, helloService, "you"); err != nil || text != "Hello (h) earth (v2) you!!" {
		t.Fatalf("%q, %v", text, err)
	}
	md := <-got
	for _, name := range []string{"l5d-ctx-trace", "l5d-ctx-dtab", "l5d-ctx-deadline", "l5d-reqid", "via"} {
		if len(md.Get(name)) != 1 {
			t.Errorf("world gets %s: %q", name, md.Get(name))
		}
	}
	spans := mesh.Wait(4)
	tags := map[string]string{}
	for _, a := range spans[len(spans)-1].Attributes {
		tags[string(a.Key)] = a.Value.String()
	}
	if tags["rpc.service"] != helloService || tags["rpc.method"] != "Greeting" || tags["rpc.grpc.status_code"] != "0" {
		t.Errorf("%v", tags)
	}
}

// TestStreams: messages go in both directions, one by one.
func TestStreams(t *testing.T) {
	_, c := twoHops(t, "/svc => "+inet(start(t, worldService, world{"world", "w"})))
	stream, err := greetings(within(t, 10*time.Second), c, worldService)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		if err := stream.SendMsg(wrapperspb.String(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
		out := new(wrapperspb.StringValue)
		if err := stream.RecvMsg(out); err != nil || out.Value != fmt.Sprintf("world (w) %d", i) {
			t.Fatalf("%q, %v", out.Value, err)
		}
	}
	if err := stream.CloseSend(); err != nil {
		t.Error(err)
	}
	if err := ended(stream.RecvMsg(new(wrapperspb.StringValue))); err != nil {
		t.Error(err)
	}
}

// TestBalancing: the calls of one connection go to all replicas.
func TestBalancing(t *testing.T) {
	var all []string
	for i := range 3 {
		all = append(all, inet(start(t, worldService, world{"world", fmt.Sprint(i)})))
	}
	_, c := twoHops(t, "/svc => "+strings.Join(all, " & "))
	ctx, counts := within(t, 20*time.Second), map[string]int{}
	const calls = 300
	for range calls {
		text, err := greeting(ctx, c, worldService, "")
		if err != nil {
			t.Fatal(err)
		}
		counts[text]++
	}
	for who, n := range counts {
		if n < calls*20/100 || n > calls*47/100 {
			t.Errorf("%s has %d of %d calls", who, n, calls)
		}
	}
	if len(counts) != len(all) {
		t.Errorf("%v", counts)
	}
}

// slow greets when the caller has left. It says when it has begun and when it ends.
type slow struct{ began, left chan<- error }

func (s slow) greet(ctx context.Context, _ string) (string, error) {
	s.began <- nil
	<-ctx.Done()
	s.left <- ctx.Err()
	return "", ctx.Err()
}

// failing always fails.
type failing struct{}

func (failing) greet(context.Context, string) (string, error) {
	return "", status.Error(codes.NotFound, "nobody of that name: 100 %\nüö")
}

// TestEnds: what callers see of calls that fail, whoever is the cause.
func TestEnds(t *testing.T) {
	began, left := make(chan error, 1), make(chan error, 1)
	_, c := twoHops(t, "/svc/helloworld.World => "+inet(start(t, worldService, failing{}))+";\n/svc/helloworld.Hello => "+inet(start(t, helloService, slow{began, left})))
	check := func(about string, err error, code codes.Code, message string) {
		t.Helper()
		if got := status.Convert(err); got.Code() != code || !strings.Contains(got.Message(), message) {
			t.Errorf("%s: %v, want %v with %q", about, err, code, message)
		}
	}
	_, err := greeting(within(t, 10*time.Second), c, worldService, "")
	check("the server", err, codes.NotFound, "nobody of that name: 100 %\nüö")
	_, err = greeting(within(t, 10*time.Second), c, "helloworld.Moon", "")
	check("no route", err, codes.Unavailable, "Unable to route request!\n\nservice name: /svc/helloworld.Moon\n")
	_, err = greeting(within(t, 100*time.Millisecond), c, helloService, "")
	check("the deadline", err, codes.DeadlineExceeded, "")
	<-began
	<-left
	ctx, cancel := context.WithCancel(t.Context())
	stream, err := greetings(ctx, c, helloService)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.SendMsg(wrapperspb.String("")); err != nil {
		t.Fatal(err)
	}
	<-began
	cancel()
	check("the caller", stream.RecvMsg(new(wrapperspb.StringValue)), codes.Canceled, "")
	<-left // the server sees it, through both hops
}
