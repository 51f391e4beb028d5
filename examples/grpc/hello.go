package main

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// The two services of the example are helloworld.Hello and helloworld.World. Both have the
// methods Greeting, which is unary, and Greetings, which answers each message of a stream.
// Messages are google.protobuf.StringValue, so that no code needs to be generated.
const (
	helloService = "helloworld.Hello"
	worldService = "helloworld.World"
)

// service returns the description of one of the services.
func service(name string) *grpc.ServiceDesc {
	return &grpc.ServiceDesc{
		ServiceName: name,
		HandlerType: (*greeter)(nil),
		Methods: []grpc.MethodDesc{{MethodName: "Greeting", Handler: func(of any, ctx context.Context, decode func(any) error, between grpc.UnaryServerInterceptor) (any, error) {
			in := new(wrapperspb.StringValue)
			if err := decode(in); err != nil {
				return nil, err
			}
			greet := func(ctx context.Context, in any) (any, error) {
				text, err := of.(greeter).greet(ctx, in.(*wrapperspb.StringValue).Value)
				return wrapperspb.String(text), err
			}
			if between == nil {
				return greet(ctx, in)
			}
			return between(ctx, in, &grpc.UnaryServerInfo{Server: of, FullMethod: "/" + name + "/Greeting"}, greet)
		}}},
		Streams: []grpc.StreamDesc{{StreamName: "Greetings", ServerStreams: true, ClientStreams: true, Handler: func(of any, stream grpc.ServerStream) error {
			for {
				in := new(wrapperspb.StringValue)
				if err := stream.RecvMsg(in); err != nil {
					return ended(err)
				}
				text, err := of.(greeter).greet(stream.Context(), in.Value)
				if err != nil {
					return err
				}
				if err := stream.SendMsg(wrapperspb.String(text)); err != nil {
					return err
				}
			}
		}}},
	}
}

// greeter is what a service does.
type greeter interface {
	greet(ctx context.Context, who string) (string, error)
}

// world greets with a word and where it runs.
type world struct{ word, place string }

func (w world) greet(_ context.Context, who string) (string, error) {
	return fmt.Sprintf("%s (%s) %s", w.word, w.place, who), nil
}

// hello greets with what the world behind it says. The context of its caller goes with the
// call, by the interceptors of context.go.
type hello struct {
	place string
	world *grpc.ClientConn
}

func (h hello) greet(ctx context.Context, who string) (string, error) {
	text, err := greeting(ctx, h.world, worldService, who)
	return fmt.Sprintf("Hello (%s) %s!!", h.place, text), err
}

// greeting calls the method Greeting of a service.
func greeting(ctx context.Context, to *grpc.ClientConn, service, who string) (string, error) {
	out := new(wrapperspb.StringValue)
	err := to.Invoke(ctx, "/"+service+"/Greeting", wrapperspb.String(who), out)
	return out.Value, err
}

// greetings opens a stream of the method Greetings.
func greetings(ctx context.Context, to *grpc.ClientConn, service string) (grpc.ClientStream, error) {
	return to.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, "/"+service+"/Greetings")
}
