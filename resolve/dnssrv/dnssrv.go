package dnssrv

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/meshhop/meshhop/internal/hostaddr"
	"github.com/meshhop/meshhop/resolve"
)

// Config of a [Namer]. The zero value is ready to use.
type Config struct {
	// Servers are asked in this order, each an IP or host name, with a port if that is
	// not 53: "10.0.0.2", "[::1]:5353", "ns0.example.org". Default: those of
	// ResolvConf.
	Servers []string
	// ResolvConf has the system's servers and search domains, see
	// resolv.conf(5); it is read again for each look-up. Default
	// /etc/resolv.conf. A missing file means a server on this machine and no search
	// domains.
	ResolvConf string
	// MinRefresh and MaxRefresh bound the time between look-ups of a name, which
	// otherwise is the TTL of the answer. Defaults: 5 s, or MaxRefresh if that is less;
	// 60 s, or MinRefresh if that is more.
	MinRefresh, MaxRefresh time.Duration
	// Resolver looks up those targets that the servers do not know, such as
	// names in a file of hosts. Default: [net.DefaultResolver].
	Resolver resolve.Resolver
	// Exchanger sends questions to servers. Default: UDP, and TCP for answers that are
	// too long.
	Exchanger Exchanger
	// ErrorLog gets failed look-ups, for each name at once, then once a minute, and when
	// it is found again. Default: they are not logged.
	ErrorLog *slog.Logger
}

const (
	defaultMinRefresh = 5 * time.Second
	defaultMaxRefresh = 60 * time.Second
	defaultResolvConf = "/etc/resolv.conf"
)

// Namer answers names with SRV records. Close it after use.
type Namer struct {
	client     client
	min, max   time.Duration
	resolver   resolve.Resolver
	errorLog   *slog.Logger
	ctx        context.Context // ends with Close
	cancel     context.CancelFunc
	work       sync.WaitGroup // the watches
	mu         sync.Mutex
	closed     bool
	watches    map[string]*watch // by the name in lower case; somebody observes each
	resolvConf string
}

// New makes a Namer. It is an error if a server's address is not valid, or if the bounds
// of the refresh contradict each other.
func New(c Config) (*Namer, error) {
	n := &Namer{
		min: c.MinRefresh, max: c.MaxRefresh,
		resolver: c.Resolver, errorLog: c.ErrorLog, resolvConf: c.ResolvConf,
		watches: make(map[string]*watch),
	}
	if n.min < 0 || n.max < 0 || n.min > 0 && n.max > 0 && n.min > n.max {
		return nil, fmt.Errorf("dnssrv: the refresh interval from %s to %s is not valid", n.min, n.max)
	}
	if n.min == 0 {
		n.min = defaultMinRefresh
		if n.max > 0 {
			n.min = min(n.min, n.max)
		}
	}
	if n.max == 0 {
		n.max = max(defaultMaxRefresh, n.min)
	}
	n.client = client{exchanger: c.Exchanger, slots: make(chan struct{}, questionsAtOnce)}
	for _, text := range c.Servers {
		server, err := hostaddr.ParseServer(text)
		if err != nil {
			return nil, err
		}
		n.client.servers = append(n.client.servers, server)
	}
	if n.client.exchanger == nil {
		n.client.exchanger = wire{}
	}
	if n.resolver == nil {
		n.resolver = net.DefaultResolver
	}
	if n.errorLog == nil {
		n.errorLog = slog.New(slog.DiscardHandler)
	}
	if n.resolvConf == "" {
		n.resolvConf = defaultResolvConf
	}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	return n, nil
}

// Close stops all look-ups and waits for them. Names that are observed keep their last
// state. An observer must not call it.
func (n *Namer) Close() error {
	n.mu.Lock()
	n.closed = true
	n.mu.Unlock()
	n.cancel()
	n.work.Wait()
	return nil
}

var errClosed = errors.New("dnssrv: the namer is closed")
