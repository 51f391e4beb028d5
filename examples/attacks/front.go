package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// front is a proxy that is attacked.
type front struct {
	name    string
	program string // that has to be installed for it
	// command is what runs it, listening at addr, in front of the backend. What
	// file writes is removed in the end.
	command func(s *scene, addr, backend string, file func(name, text string) (string, error)) (*exec.Cmd, error)
}

// The names of those that the verdicts are about.
const (
	hop     = "hop"
	nginx   = "nginx"
	haproxy = "haproxy"
)

// fronts are all of them. The first is what it is about.
func fronts() []front {
	return []front{
		{name: hop, command: hopCommand()},
		{name: "hop with net/http", command: hopCommand("-client", "net/http", "-server", "net/http")},
		{name: "ReverseProxy", command: roleCommand("reverseproxy")},
		{name: nginx, program: "nginx", command: nginxCommand},
		{name: haproxy, program: "haproxy", command: haproxyCommand},
	}
}

// open starts the proxy in front of a backend.
func (f front) open(ctx context.Context, s *scene, backend string) (*process, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	dir, err := os.MkdirTemp(s.dir, strings.NewReplacer("/", "-", " ", "-").Replace(f.name)+"-")
	if err != nil {
		return nil, err
	}
	cmd, err := f.command(s, addr, backend, func(name, text string) (string, error) {
		file := filepath.Join(dir, name)
		return file, os.WriteFile(file, []byte(text), 0o600)
	})
	if err != nil {
		return nil, err
	}
	cmd.Dir = dir
	return s.start(ctx, f.name, addr, cmd)
}

// roleCommand runs this program in one of its roles.
func roleCommand(role string) func(*scene, string, string, func(string, string) (string, error)) (*exec.Cmd, error) {
	return func(_ *scene, addr, backend string, _ func(string, string) (string, error)) (*exec.Cmd, error) {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), roleVariable+"="+role+" "+addr+" "+backend)
		return cmd, nil
	}
}
