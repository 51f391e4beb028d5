package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// buildMeshhop compiles the binary. The command belongs to another module, of
// which this one knows where it is.
func buildMeshhop(ctx context.Context, dir string) (binary string, err error) {
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/meshhop/meshhop").Output()
	if err != nil {
		return "", fmt.Errorf("finding meshhop, with go list: %w", err)
	}
	binary = filepath.Join(dir, "meshhop")
	build := exec.CommandContext(ctx, "go", "build", "-C", strings.TrimSpace(string(root)), "-o", binary, "./cmd/meshhop")
	if said, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building meshhop: %w\n%s", err, said)
	}
	return binary, nil
}

// startMeshhop builds the binary and runs it.
func startMeshhop(ctx context.Context, s site) (*process, string, error) {
	binary, err := buildMeshhop(ctx, s.dir)
	if err != nil {
		return nil, "", err
	}
	return runMeshhop(ctx, s, binary)
}

// runMeshhop runs a binary with a Linkerd configuration.
func runMeshhop(ctx context.Context, s site, binary string) (*process, string, error) {
	dtab, err := webAt(s.job.Backend)
	if err != nil {
		return nil, "", err
	}
	telemetry := ""
	if s.job.Collector != "" {
		host, port, err := net.SplitHostPort(s.job.Collector)
		if err != nil {
			return nil, "", err
		}
		telemetry = fmt.Sprintf(zipkinTelemeter, host, port, s.job.Rate)
	}
	file := filepath.Join(s.dir, "meshhop.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, `admin:
  ip: 127.0.0.1
  port: 0
  shutdownGraceMs: %d
%srouters:
- protocol: http
  label: bench
  dtab: %s
  servers:
  - ip: 127.0.0.1
    port: 0
`, s.job.Grace.Milliseconds(), telemetry, dtab), 0o600); err != nil {
		return nil, "", err
	}
	p, err := start("meshhop run", exec.Command(binary, "run", file), s.on)
	if err != nil {
		return nil, "", err
	}
	addr, err := meshhopAddr(ctx, p)
	if err != nil {
		p.stop(0, nil)
		return nil, "", p.failed(err)
	}
	return p, addr, nil
}

const zipkinTelemeter = `telemetry:
- kind: io.l5d.zipkin
  host: %s
  port: %s
  sampleRate: %v
`

// meshhopAddr reads what it prints until it is ready.
func meshhopAddr(ctx context.Context, p *process) (addr string, err error) {
	defer context.AfterFunc(ctx, p.kill)()
	for {
		line, err := p.out.ReadString('\n')
		if err != nil {
			return "", err
		}
		if _, url, found := strings.Cut(line, "http://"); found && strings.HasPrefix(line, "router ") {
			addr = strings.TrimSpace(url)
		}
		if line == "ready\n" {
			return addr, nil
		}
	}
}
