package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/meshhop/meshhop/proxy/config"
)

func setupRun(flags *flag.FlagSet) func(context.Context, []string, stdio) error {
	client, dns := clientFlag(flags), dnsFlag(flags)
	return func(ctx context.Context, args []string, std stdio) error {
		// From the start: a signal that nobody waits for ends the process.
		hangup := make(chan os.Signal, 1)
		signal.Notify(hangup, syscall.SIGHUP)
		defer signal.Stop(hangup)
		file, err := load(args[0], std)
		if err != nil {
			return err
		}
		notices(file, std.err)
		findings(file, std.err)
		again := newReloads(args[0], func() (*config.File, error) { return loadAgain(args[0], std) }, hangup, std.err)
		h, err := newReloadingHop(file, net.Listen, config.BuildOptions{
			ErrorLog:       logger(std.err),
			TraceLog:       std.err,
			Version:        version(),
			Resolver:       dns.resolver(),
			NewTransport:   client.transport(),
			CheckTransport: client.check(),
		}, std.out, again)
		if err != nil {
			return err
		}
		fmt.Fprintln(std.out, "ready")
		return h.run(ctx)
	}
}

// stdin is the name of standard input in messages.
const stdin = "<stdin>"

// maxConfigBytes is more than any configuration that config.Load takes.
const maxConfigBytes = 2 << 20

// load reads the configuration in the named file; "-" is standard input.
func load(name string, std stdio) (*config.File, error) {
	sources, err := readSources(name, std)
	if err != nil {
		return nil, err
	}
	if len(sources) > 1 {
		return nil, fmt.Errorf("%s has %d configurations; put the one that is meant into a file of its own", name, len(sources))
	}
	return config.Load(sources[0].Name, sources[0].Data, fileKinds())
}

// readSources reads the configurations in the named file; "-" is standard input.
func readSources(name string, std stdio) ([]config.Source, error) {
	in := std.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	} else {
		name = stdin
	}
	data, err := io.ReadAll(io.LimitReader(in, maxConfigBytes))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return config.Sources(name, data)
}

func loadAgain(name string, std stdio) (*config.File, error) {
	if name == "-" {
		return nil, errors.New(stdin + ": standard input cannot be read again")
	}
	return load(name, std)
}
