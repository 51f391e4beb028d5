package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/meshhop/meshhop/examples/internal/rig"
)

// replicas is how many replicas there are.
const replicas = 6

// scene is all that runs.
type scene struct {
	config
	starter   *rig.Starter
	dir       string
	dns       *dnsServer
	seen      *sightings
	replicas  []*backend
	collector *collector
	outgoing  *hop
	incoming  []*hop
	idle      map[*hop]level
	crowd     *crowd // see fillQueue
}

// hops are all, the first one first.
func (s *scene) hops() []*hop { return append([]*hop{s.outgoing}, s.incoming...) }

// newScene starts everything, from the last in the row to the first.
func newScene(ctx context.Context, c config) (s *scene, err error) {
	s = &scene{config: c, starter: rig.NewStarter(), seen: new(sightings), idle: map[*hop]level{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.dir, err = os.MkdirTemp("", "meshhop-faults-"); err != nil {
		return s, err
	}
	if s.binary, err = rig.Build(ctx, s.binary, s.dir); err != nil {
		return s, err
	}
	if s.dns, err = startDNS(); err != nil {
		return s, err
	}
	ports, err := freePorts(replicas + 1 + 2*3)
	if err != nil {
		return s, err
	}
	take := func() (port int) {
		port, ports = ports[0], ports[1:]
		return port
	}
	for n := range replicas {
		b := newBackend(s.starter, n+1, take(), s.seen)
		if err := b.start(); err != nil {
			return s, err
		}
		s.replicas = append(s.replicas, b)
	}
	s.collector = &collector{starter: s.starter, binary: s.binary, port: take()}
	if err := s.collector.start(); err != nil {
		return s, err
	}
	var addrs []string
	for _, name := range []string{"a", "b"} {
		h := &hop{name: "incoming " + name, port: take(), admin: take()}
		if err := s.startHop(h, "incoming", s.replicaLines(), callTimeout); err != nil {
			return s, err
		}
		s.incoming = append(s.incoming, h)
		addrs = append(addrs, fmt.Sprintf("127.0.0.1 %d\n", h.port))
	}
	s.outgoing = &hop{name: "outgoing", port: take(), admin: take()}
	// Longer than the incoming hop needs to try again.
	return s, s.startHop(s.outgoing, "outgoing", strings.Join(addrs, ""), 4*callTimeout)
}

// callTimeout is how long an incoming hop waits for a replica: what never
// answers is not a failure before that.
const callTimeout = time.Second

// replicaLines is the file of io.l5d.fs for the replicas, and more hosts.
func (s *scene) replicaLines(more ...string) string {
	var lines strings.Builder
	for _, b := range s.replicas {
		fmt.Fprintf(&lines, "%s %d\n", b.host, b.port)
	}
	for _, host := range more {
		fmt.Fprintf(&lines, "%s 1\n", host)
	}
	return lines.String()
}

func (s *scene) disco(label string) string { return filepath.Join(s.dir, "disco-"+label) }

// publish writes where the service web is, at once.
func (s *scene) publish(label, lines string) error {
	dir := s.disco(label)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, ".web"), []byte(lines), 0o600); err != nil {
		return err
	}
	return os.Rename(filepath.Join(dir, ".web"), filepath.Join(dir, "web"))
}

func (s *scene) startHop(h *hop, label, lines string, timeout time.Duration) error {
	if err := s.publish(label, lines); err != nil {
		return err
	}
	h.starter, h.binary, h.run, h.dns = s.starter, s.binary, s.run(), s.dns.Addr()
	h.file = filepath.Join(s.dir, strings.ReplaceAll(h.name, " ", "-")+".yaml")
	if err := os.WriteFile(h.file, []byte(s.yaml(h, label, timeout)), 0o600); err != nil {
		return err
	}
	return h.start()
}

// yaml is the configuration of a hop.
func (s *scene) yaml(h *hop, label string, timeout time.Duration) string {
	resilient := fmt.Sprintf(`  service:
    responseClassifier:
      kind: io.l5d.http.retryableRead5XX
  client:
    requestAttemptTimeoutMs: %d
`, timeout.Milliseconds())
	if s.plain {
		resilient = "  client:\n    failureAccrual:\n      kind: none\n"
	}
	return fmt.Sprintf(`admin:
  port: %d
  shutdownGraceMs: 4000
telemetry:
- kind: io.zipkin.http
  host: 127.0.0.1:%d
  initialSampleRate: 1.0
namers:
- kind: io.l5d.fs
  rootDir: %q
routers:
- protocol: http
  label: %s
  dtab: /svc => /#/io.l5d.fs
%s  servers:
  - port: %d
`, h.admin, s.collector.port, s.disco(label), label, resilient, h.port)
}

// close ends everything, in the order of a request: each must end well.
func (s *scene) close() (err error) {
	hops := s.incoming
	if s.outgoing != nil {
		hops = append([]*hop{s.outgoing}, hops...)
	}
	for _, h := range hops {
		err = errors.Join(err, h.end())
	}
	for _, b := range s.replicas {
		err = errors.Join(err, b.end())
	}
	if s.collector != nil {
		err = errors.Join(err, s.collector.end())
	}
	if s.dns != nil {
		s.dns.Close()
	}
	s.starter.Close()
	return errors.Join(err, os.RemoveAll(s.dir))
}

// collector is where the spans go.
type collector struct {
	starter *rig.Starter
	binary  string
	port    int
	*process
}

func (c *collector) start() (err error) {
	cmd := exec.Command(c.binary, "collector", "-addr", net.JoinHostPort("127.0.0.1", strconv.Itoa(c.port)))
	c.process, err = start(c.starter, "collector", cmd, func(string) {})
	return err
}

// freePorts are ports that nothing listens at now.
func freePorts(n int) ([]int, error) {
	ports := make([]int, n)
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		ports[i] = l.Addr().(*net.TCPAddr).Port
	}
	return ports, nil
}
