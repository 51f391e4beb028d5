package app_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/meshhop/meshhop/proxy/app"
	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/resolve"
)

// A program that is meshhop with a namer of its own, and without those that read
// files.
func ExampleMain() {
	kinds := config.Builtin()
	kinds.Namers["example.nobody"] = func(*config.Decoder) (config.Namer, error) {
		prefix, err := resolve.ParsePath("/example.nobody")
		return config.Namer{Prefix: prefix, New: config.Ready[resolve.Namer](nobody{})}, err
	}
	delete(kinds.Namers, "io.l5d.fs")
	delete(kinds.Interpreters, "io.l5d.fs")
	app.Main(app.Options{Name: "myhop", Kinds: kinds})
}

// nobody has no names.
type nobody struct{}

func (nobody) Lookup(resolve.Path) *resolve.Activity[resolve.NameTree[resolve.Name]] {
	return resolve.Const(resolve.NameTree[resolve.Name]{}) // the zero tree is Neg: no such name
}

// A configuration runs until ctx ends. This one is standard input, and it ends as
// soon as its servers listen.
func ExampleRun() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	file := `
admin: {port: 0}
routers:
- protocol: http
  dtab: /svc => /$/inet/127.0.0.1/8080
  servers: [{port: 0}]
`
	err := app.Run(ctx, "-", app.Options{Stdin: strings.NewReader(file), Stdout: onReady(stop)})
	fmt.Println(err)

	err = app.Run(ctx, "-", app.Options{Stdin: strings.NewReader("routers: [{protocol: thrift}]")})
	fmt.Println(err)
	// Output:
	// <nil>
	// <stdin>:1:22: routers[0].protocol: thrift is not supported: only HTTP is proxied; its routers go on in Linkerd, beside this hop
}

// onReady is called when Run has printed "ready".
type onReady func()

func (f onReady) Write(p []byte) (int, error) {
	if string(p) == "ready\n" {
		f()
	}
	return len(p), nil
}
