package main

import (
	"context"
	"io"
	"net/http"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/meshhop/meshhop/ctxhdr"
)

// forwarding has a client send what the call that is being served brought: the headers
// l5d-ctx-*, by which the hops of the mesh know that both belong together. Deadlines go by
// themselves, because gRPC sends the time that its context has left.
func forwarding() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithUnaryInterceptor(func(ctx context.Context, method string, in, out any, c *grpc.ClientConn, invoke grpc.UnaryInvoker, o ...grpc.CallOption) error {
			return invoke(forward(ctx), method, in, out, c, o...)
		}),
		grpc.WithStreamInterceptor(func(ctx context.Context, d *grpc.StreamDesc, c *grpc.ClientConn, method string, open grpc.Streamer, o ...grpc.CallOption) (grpc.ClientStream, error) {
			return open(forward(ctx), d, c, method, o...)
		}),
	}
}

// forward returns a context with the metadata to send.
func forward(ctx context.Context) context.Context {
	came, ok := metadata.FromIncomingContext(ctx)
	if !ok {
		return ctx
	}
	sent, _ := metadata.FromOutgoingContext(ctx)
	if sent = sent.Copy(); sent == nil {
		sent = metadata.MD{}
	}
	headers := http.Header{}
	ctxhdr.Forward(headers, http.Header(came))
	for name, values := range headers {
		sent.Set(name, values...)
	}
	return metadata.NewOutgoingContext(ctx, sent)
}

// ended is the error of a stream whose client has sent all it had.
func ended(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}
