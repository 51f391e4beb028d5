package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/meshhop/meshhop/proxy/config"
)

func setupRun(flags *flag.FlagSet) func(context.Context, []string, stdio) error {
	client := clientFlag(flags)
	return func(ctx context.Context, args []string, std stdio) error {
		file, err := load(args[0], std)
		if err != nil {
			return err
		}
		notices(file, std.err)
		findings(file, nil, std.err)
		h, err := newHop(file, net.Listen, config.BuildOptions{
			ErrorLog:     logger(std.err),
			TraceLog:     std.err,
			Version:      version(),
			NewTransport: client.transport(),
		}, std.out)
		if err != nil {
			return err
		}
		fmt.Fprintln(std.out, "ready")
		return h.run(ctx)
	}
}

// maxConfigBytes is more than any configuration that config.Load takes.
const maxConfigBytes = 2 << 20

// load reads the configuration in the named file; "-" is standard input.
func load(name string, std stdio) (*config.File, error) {
	in := std.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	} else {
		name = "<stdin>"
	}
	data, err := io.ReadAll(io.LimitReader(in, maxConfigBytes))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return config.Load(name, data, config.Builtin())
}
