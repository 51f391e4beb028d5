package app

import (
	"context"
	"flag"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/meshhop/meshhop/internal/collector"
	"github.com/meshhop/meshhop/proxy/serve"
)

func setupCollector(p *program, flags *flag.FlagSet) func(context.Context, []string) error {
	addr := flags.String("addr", "127.0.0.1:9411", "`host:port` to listen on; port 0 picks a free one")
	scribe := scribeFlag(flags)
	hosts := hostsFlag(flags)
	maxBytes := flags.Int64("max-bytes", 64<<20, "bytes of memory for spans; the oldest traces make room for new ones")
	return func(ctx context.Context, _ []string) error {
		store, err := collector.New(collector.Config{MaxBytes: *maxBytes, Hosts: *hosts})
		if err != nil {
			return err
		}
		l, err := net.Listen("tcp", *addr)
		if err != nil {
			return err
		}
		s := newServers()
		s.add(&listening{server: serve.New(store, serve.Config{IdleTimeout: collectorIdle}), listener: l})
		text := ""
		if *scribe != "" {
			also, err := listenScribe(store, *scribe)
			if err != nil {
				s.closeListeners()
				return err
			}
			s.add(also)
			text = fmt.Sprintf("scribe:    %s\n", also.listener.Addr())
		}
		fmt.Fprintf(p.Stdout, "collector: POST http://%s/api/v2/spans\n%spage:      http://%s/\nready\n", l.Addr(), text, l.Addr())
		return s.run(ctx, defaultGrace)
	}
}

// scribeFlag is -scribe, where a collector takes spans by Scribe.
func scribeFlag(flags *flag.FlagSet) *string {
	return flags.String("scribe", "", "`host:port` on which the collector takes spans by Scribe, too, usually 9410; port 0 picks a free one. Default: none")
}

func listenScribe(store *collector.Collector, addr string) (*listening, error) {
	s, err := store.NewScribe(collector.ScribeConfig{})
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("-scribe: %w", err)
	}
	return &listening{scribe: s, listener: l}, nil
}

// collectorIdle is how long a sender's connection is kept without a request.
const collectorIdle = 90 * time.Second

// hostsFlag is -hosts, the names of a collector.
func hostsFlag(flags *flag.FlagSet) *[]string {
	hosts := new([]string)
	flags.Func("hosts", "`names`, separated by commas, by which browsers call the collector, besides localhost and IP addresses", func(text string) error {
		*hosts = strings.Split(text, ",")
		return nil
	})
	return hosts
}
