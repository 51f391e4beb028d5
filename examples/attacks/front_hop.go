package main

import (
	"fmt"
	"net"
	"os/exec"
)

// hopCommand is the hop with a Linkerd configuration, and with flags.
func hopCommand(flags ...string) func(*scene, string, string, func(string, string) (string, error)) (*exec.Cmd, error) {
	return func(s *scene, addr, backend string, file func(string, string) (string, error)) (*exec.Cmd, error) {
		admin, err := freePort()
		if err != nil {
			return nil, err
		}
		host, port, err := net.SplitHostPort(backend)
		if err != nil {
			return nil, err
		}
		_, own, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		name, err := file("hop.yaml", fmt.Sprintf(hopConfig, admin, host, port, own))
		return exec.Command(s.binary, append(s.run(flags...), name)...), err
	}
}

const hopConfig = `admin:
  ip: 127.0.0.1
  port: %d
  shutdownGraceMs: 2000
routers:
- protocol: http
  label: attacked
  dtab: /svc => /$/inet/%s/%s
  servers:
  - ip: 127.0.0.1
    port: %s
`
