package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// The flood attack: names and dtabs that nobody has seen before, one after another.
// What the hop keeps of them is bounded, and nobody else has to pay for them.

// flood is how much of it there is.
type flood struct {
	names   int // of each kind
	cached  int // the bindingCache's paths, fewer than names, and twice its clients
	retried int // requests for a backend that fails
	hosts   int // that have to be looked up in DNS
	// watch is for how long nobody asks for them any more.
	watch time.Duration
}

func floodOf(full bool) flood {
	f := flood{names: 1100, cached: 1000, retried: 2000, hosts: 200, watch: 11 * time.Second}
	if full {
		f.watch = 2 * time.Minute
	}
	return f
}

func floodAttack() *attack {
	return &attack{
		name:  "flood",
		about: "requests with names and dtabs that are new; what it costs others, the backend, DNS and whoever reads the metrics",
		make: func(ctx context.Context, s *scene, out io.Writer) ([]string, error) {
			return floodOf(s.full).make(ctx, s, out)
		},
	}
}

func (f flood) make(ctx context.Context, s *scene, out io.Writer) ([]string, error) {
	t := newCheck(out, "flood", "figure", "bound", "others", "/metrics", "memory")
	err := errors.Join(f.beside(ctx, s, t), f.retries(ctx, s, t), f.dns(ctx, s, t, hostsKinds()))
	return t.broken, err
}

const (
	// floodCallers ask at the same time.
	floodCallers = 8
	// floodMetrics is how long the page of metrics may be: 500 services and 500
	// clients have series of their own, and labels have 200 bytes.
	floodMetrics = 4 << 20
	// floodMemory is by how much a flood may have the hop grow: 1000 names are kept,
	// each with a dtab of at most 8 KiB, which is about thirty times as long when it
	// is parsed.
	floodMemory = 256 << 20
)

const floodHop = `routers:
- protocol: http
  label: attacked
  dtab: |
    /web       => /$/inet/%[1]s ;
    /svc       => /$/inet/127.0.0.1/1 ;
    /svc/web   => /web ;
    /svc/other => /web ;
  service: {responseClassifier: {kind: io.l5d.http.retryableRead5XX}}
  client: {hostConnectionPool: {maxSize: 1}}
  bindingCache: {paths: %[2]d, clients: %[3]d}
  servers: [{ip: 127.0.0.1, port: PORT}]
`

// beside are floods beside callers whose backend may have one connection.
func (f flood) beside(ctx context.Context, s *scene, t *check) error {
	backend, err := newWeb(200, time.Millisecond)
	if err != nil {
		return err
	}
	defer backend.close()
	for _, row := range []struct {
		name    string
		request func(i int) string
		status  int
	}{
		{"sets that refuse connections", func(i int) string {
			return get("/", "x", fmt.Sprintf("l5d-dtab: /svc=>/$/inet/127.9.%d.%d/1", i/250, i%250+1))
		}, 502},
		{"dtabs that lead to the same set", func(i int) string {
			return get("/", "x", fmt.Sprintf("l5d-dtab: /svc/x=>/y%d;/y%d=>/web", i, i))
		}, 200},
		{"names that are not there", func(i int) string { return get("/", fmt.Sprintf("n%d", i)) }, 502},
		{"long names that are not there", func(i int) string {
			return get("/", fmt.Sprintf("n%d-%s", i, strings.Repeat("x", 7000)))
		}, 502},
		{"dtabs of 600 entries", func(i int) string {
			return get("/", "x", fmt.Sprintf("l5d-dtab: %s/c=>/x;/n%d=>/x", rewrites(), i))
		}, 502},
	} {
		h, err := openHop(ctx, s, fmt.Sprintf(floodHop, path(backend.addr), f.cached, f.cached/2))
		if err != nil {
			return err
		}
		before, _ := h.memory()
		backend.most.Store(0)
		others := startSteady(ctx, h.addr, "web", 3, false)
		err = f.send(h.addr, f.names, row.status, row.request)
		// What has the set already, and a name that comes to it only now, have the
		// same one connection.
		late := startSteady(ctx, h.addr, "other", 3, false)
		time.Sleep(300 * time.Millisecond)
		_, lateWhy := late.end()
		cell, why := others.end()
		why = first(why, lateWhy)
		_, size, metricsErr := h.metrics(ctx)
		if err := errors.Join(err, metricsErr); err != nil {
			return fmt.Errorf("%s: %w", row.name, err)
		}
		now, _ := h.memory()
		most := backend.most.Load()
		t.row(first(why, atMost("requests at the backend at a time", most, 1), atMost("bytes of /metrics", size, floodMetrics), atMost("bytes of memory more than before", now-before, floodMemory)),
			fmt.Sprintf("%d %s", f.names, row.name), fmt.Sprintf("%d at the backend", most), "1 at a time", cell, mebibytes(size), mebibytes(now))
		if err := h.stop(); err != nil {
			return err
		}
	}
	return nil
}

// send sends n requests, each on a connection of its own, and says whether they
// were answered as they must be.
func (f flood) send(addr string, n, status int, request func(int) string) error {
	var callers sync.WaitGroup
	failed := make([]error, floodCallers)
	for k := range floodCallers {
		callers.Go(func() {
			for i := k; i < n && failed[k] == nil; i += floodCallers {
				got, err := exchange(addr, request(i))
				if err == nil && got.status != status {
					err = fmt.Errorf("request %d: %d, must be %d: %.300q", i, got.status, status, got.body)
				}
				failed[k] = err
			}
		})
	}
	callers.Wait()
	return errors.Join(failed...)
}

// rewrites are 600 entries of a dtab, the shortest in which each leads to all the
// next ones.
func rewrites() string {
	return strings.Repeat("/svc=>/a;", 200) + strings.Repeat("/a=>/b;", 200) + strings.Repeat("/b=>/c;", 200)
}

const retriesHop = `routers:
- protocol: http
  label: attacked
  dtab: |
    /srv => /$/inet/%[1]s ;
    /svc => /srv ;
  service: {responseClassifier: {kind: io.l5d.http.retryableRead5XX}}
  client: {failureAccrual: {kind: none}}
  servers: [{ip: 127.0.0.1, port: PORT}]
`

// retries are requests for a backend that fails, with one name and with many.
func (f flood) retries(ctx context.Context, s *scene, t *check) error {
	for _, row := range []struct {
		name string
		host func(int) string
	}{
		{"with one Host", func(int) string { return "web" }},
		{"with as many Hosts", func(i int) string { return fmt.Sprintf("n%d", i) }},
	} {
		backend, err := newWeb(503, 0)
		if err != nil {
			return err
		}
		defer backend.close()
		h, err := openHop(ctx, s, fmt.Sprintf(retriesHop, path(backend.addr)))
		if err != nil {
			return err
		}
		begun := time.Now()
		if err := f.send(h.addr, f.retried, 503, func(i int) string { return get("/", row.host(i)) }); err != nil {
			return fmt.Errorf("%s: %w", row.name, err)
		}
		_, size, err := h.metrics(ctx)
		if err != nil {
			return err
		}
		now, _ := h.memory()
		// A fifth of the requests, and ten for each second; those of the last ten
		// seconds are there at the beginning.
		bound := int64(f.retried + f.retried/5 + 10*(10+int(time.Since(begun)/time.Second)+1))
		all := backend.all.Load()
		t.row(first(atMost("requests at the backend", all, bound), atMost("bytes of /metrics", size, floodMetrics)),
			fmt.Sprintf("%d GETs that fail, %s", f.retried, row.name), fmt.Sprintf("%d at the backend", all), fmt.Sprintf("%d", bound), "", mebibytes(size), mebibytes(now))
		if err := h.stop(); err != nil {
			return err
		}
	}
	return nil
}

// hostsKind is a kind of hosts that have to be looked up.
type hostsKind struct {
	name, host string
	exist      bool
}

func hostsKinds() []hostsKind {
	return []hostsKind{
		{"hosts that are not there", "x%d.attacks.test", false},
		{"hosts that are there", "n%d.attacks.test", true}, // though nothing listens at their port
	}
}

// dns are hosts that have to be looked up, and for each of which only one request
// asks.
func (f flood) dns(ctx context.Context, s *scene, t *check, kinds []hostsKind) error {
	floods := make([]hostsFlood, len(kinds))
	for i, kind := range kinds {
		server, err := newDNSServer()
		if err != nil {
			return err
		}
		defer server.Close()
		h, err := openHop(ctx, s, fmt.Sprintf(retriesHop, "127.0.0.1/1"), "-dns", server.Addr())
		if err != nil {
			return err
		}
		floods[i] = hostsFlood{kind, server, h, time.Now(), 0}
		if err := f.send(h.addr, f.hosts, 502, func(i int) string {
			return get("/", "x", override(fmt.Sprintf(kind.host+":1", i)))
		}); err != nil {
			return fmt.Errorf("%s: %w", kind.name, err)
		}
		floods[i].atOnce = server.asked.Load()
	}
	select {
	case <-time.After(f.watch):
	case <-ctx.Done():
		return ctx.Err()
	}
	for _, one := range floods {
		one.judge(f, t)
		if err := one.hop.stop(); err != nil {
			return err
		}
	}
	return nil
}

// hostsFlood is one such flood.
type hostsFlood struct {
	hostsKind
	server *dnsServer
	hop    *ownHop
	begun  time.Time
	atOnce int64 // queries while it was sent
}

func (h hostsFlood) judge(f flood, t *check) {
	elapsed, asked := time.Since(h.begun), h.server.asked.Load()
	bound := int64(2*f.hosts*rounds(elapsed)) * 11 / 10 // A and AAAA; questions can get lost
	if h.exist {
		bound = int64(2*f.hosts*(2+int(min(elapsed, hostsRest)/(5*time.Second)))) * 11 / 10
	}
	now, _ := h.hop.memory()
	t.row(atMost("DNS queries", asked, bound),
		fmt.Sprintf("%d %s", f.hosts, h.name), fmt.Sprintf("%d queries, then %d", h.atOnce, asked-h.atOnce), fmt.Sprintf("%d in %.0f s", bound, elapsed.Seconds()), "", "", mebibytes(now))
}

// hostsRest is when a host that is there is not looked up any more of which nobody
// asks: a minute and what the hop takes to see that. Until then it is every 5 s.
const hostsRest = 80 * time.Second

// rounds is how often a host that is not there may be looked up of which nobody asks any more: at
// once, after 5 s, and then each time after twice the time before, up to 40 s.
func rounds(in time.Duration) (n int) {
	for at, wait := time.Duration(0), 5*time.Second; at <= in; n++ {
		at += wait
		wait = min(2*wait, 40*time.Second)
	}
	return n
}
