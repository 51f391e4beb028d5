package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/trace/collector"
)

func setupCollector(flags *flag.FlagSet) func(context.Context, []string, stdio) error {
	addr := flags.String("addr", "127.0.0.1:9411", "`host:port` to listen on; port 0 picks a free one")
	hosts := hostsFlag(flags)
	maxBytes := flags.Int64("max-bytes", 64<<20, "memory for spans; the oldest trace makes room")
	return func(ctx context.Context, _ []string, std stdio) error {
		store, err := collector.New(collector.Config{MaxBytes: *maxBytes, Hosts: *hosts})
		if err != nil {
			return err
		}
		l, err := net.Listen("tcp", *addr)
		if err != nil {
			return err
		}
		s := newServers()
		s.add(&listening{server: proxy.NewServer(store, proxy.ServerConfig{IdleTimeout: collectorIdle}), listener: l})
		fmt.Fprintf(std.out, "collector: POST http://%s/api/v2/spans\npage:      http://%s/\nready\n", l.Addr(), l.Addr())
		return s.run(ctx, defaultGrace)
	}
}

// collectorIdle is how long a sender's connection is kept without a request.
const collectorIdle = 90 * time.Second

// hostsFlag is -hosts, the names of a collector.
func hostsFlag(flags *flag.FlagSet) *[]string {
	hosts := new([]string)
	flags.Func("hosts", "`names`, with commas between them, by which browsers call the collector, beside localhost and IP addresses", func(text string) error {
		*hosts = strings.Split(text, ",")
		return nil
	})
	return hosts
}
