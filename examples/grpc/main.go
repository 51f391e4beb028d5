// Hello and World are the services of the article about gRPC: a mesh hop between them needs
// no code in either. Start them and a hop, and call hello through it:
//
//	go run . -world 127.0.0.1:8081
//	go run . -hello 127.0.0.1:8080 -mesh 127.0.0.1:4140
//	meshhop linkerd.yaml
//	go run . -call 127.0.0.1:4140 [-streaming]
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

func main() {
	hello := flag.String("hello", "", "serve Hello at this address, which calls World through -mesh")
	world := flag.String("world", "", "serve World at this address")
	mesh := flag.String("mesh", "127.0.0.1:4140", "the address of the mesh hop")
	call := flag.String("call", "", "call Hello at this address")
	streaming := flag.Bool("streaming", false, "with five messages of one stream")
	flag.Parse()
	if err := run(*hello, *world, *mesh, *call, *streaming); err != nil {
		log.Fatal(err)
	}
}

func run(helloAddr, worldAddr, mesh, call string, streaming bool) error {
	switch {
	case call != "":
		return callHello(call, streaming)
	case worldAddr != "":
		return serve(worldAddr, worldService, world{"world", worldAddr})
	case helloAddr != "":
		to, err := dial(mesh)
		if err != nil {
			return err
		}
		defer to.Close()
		return serve(helloAddr, helloService, hello{helloAddr, to})
	}
	flag.Usage()
	return nil
}

// dial makes a client that forwards contexts.
func dial(addr string) (*grpc.ClientConn, error) {
	return grpc.NewClient("passthrough:///"+addr, append(forwarding(), grpc.WithTransportCredentials(insecure.NewCredentials()))...)
}

func serve(addr, name string, g greeter) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	s := grpc.NewServer()
	s.RegisterService(service(name), g)
	return s.Serve(l)
}

func callHello(addr string, streaming bool) error {
	to, err := dial(addr)
	if err != nil {
		return err
	}
	defer to.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if !streaming {
		text, err := greeting(ctx, to, helloService, "")
		fmt.Println(text)
		return err
	}
	stream, err := greetings(ctx, to, helloService)
	if err != nil {
		return err
	}
	for i := range 5 {
		if err := stream.SendMsg(wrapperspb.String(fmt.Sprint(i))); err != nil {
			return err
		}
		out := new(wrapperspb.StringValue)
		if err := stream.RecvMsg(out); err != nil {
			return err
		}
		fmt.Println(out.Value)
	}
	return stream.CloseSend()
}
