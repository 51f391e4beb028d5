package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// ownHop is a hop with a configuration that the attack needs.
type ownHop struct {
	*process
	admin string
}

// openHop starts the hop with a configuration in which PORT is that of its first
// server, and ADMIN that of its admin server, of which the configuration says
// nothing.
func openHop(ctx context.Context, s *scene, config string, flags ...string) (*ownHop, error) {
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	return openHopAt(ctx, s, ports, config, flags...)
}

// openHopAt has these ports for the server and the admin server.
func openHopAt(ctx context.Context, s *scene, ports []int, config string, flags ...string) (*ownHop, error) {
	dir, err := os.MkdirTemp(s.dir, "hop-")
	if err != nil {
		return nil, err
	}
	config = "admin: {ip: 127.0.0.1, port: ADMIN, shutdownGraceMs: 2000}\n" + config
	config = strings.NewReplacer("PORT", strconv.Itoa(ports[0]), "ADMIN", strconv.Itoa(ports[1])).Replace(config)
	file := filepath.Join(dir, "hop.yaml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return nil, err
	}
	cmd := exec.Command(s.binary, append(s.run(flags...), file)...)
	cmd.Dir = dir
	p, err := s.start(ctx, hop, loopback(ports[0]), cmd)
	if err != nil {
		return nil, err
	}
	return &ownHop{process: p, admin: loopback(ports[1])}, nil
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// metrics are the sums of each family, and how many bytes the page has.
func (h *ownHop) metrics(ctx context.Context) (sums map[string]float64, size int64, err error) {
	r, err := http.NewRequestWithContext(ctx, "GET", "http://"+h.admin+"/metrics", nil)
	if err != nil {
		return nil, 0, err
	}
	r.Close = true
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, 0, h.failed(err)
	}
	defer resp.Body.Close()
	counted := &counter{Reader: resp.Body}
	sums = map[string]float64{}
	lines := bufio.NewScanner(counted)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "#") {
			continue
		}
		family, _, _ := strings.Cut(line, "{")
		family, _, _ = strings.Cut(family, " ")
		if value, err := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64); err == nil {
			sums[family] += value
		}
	}
	return sums, counted.n, lines.Err()
}

// sum is the sum of one family.
func (h *ownHop) sum(ctx context.Context, family string) (int, error) {
	sums, _, err := h.metrics(ctx)
	if err != nil {
		return 0, err
	}
	value, ok := sums[family]
	if !ok {
		return 0, fmt.Errorf("there is no metric %s", family)
	}
	return int(value), nil
}

const serverRequests = "rt:server:requests"

// counter counts what is read.
type counter struct {
	io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}
