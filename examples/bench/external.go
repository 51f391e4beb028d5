package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// site is what a candidate is started with.
type site struct {
	program string // where it is installed
	dir     string // for its files; removed at the end
	on      []int  // its cores
	job     job
}

// startServer runs a server that is told its port, with a configuration file.
// In config %[1]s is its address, %[2]s the backend's, %[3]s its directory and %[4]s its port.
func startServer(ctx context.Context, s site, config string, arguments func(file string) []string) (*process, string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	addr := l.Addr().String()
	l.Close()
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, "", err
	}
	file := filepath.Join(s.dir, filepath.Base(s.program)+".conf")
	if err := os.WriteFile(file, fmt.Appendf(nil, config+"%.0[4]s", addr, s.job.Backend, s.dir, port), 0o600); err != nil {
		return nil, "", err
	}
	p, err := start(filepath.Base(s.program), exec.Command(s.program, arguments(file)...), s.on)
	if err != nil {
		return nil, "", err
	}
	if err := dialable(ctx, addr); err != nil {
		p.stop(0, nil)
		return nil, "", p.failed(err)
	}
	return p, addr, nil
}

// dialable waits until something listens.
func dialable(ctx context.Context, addr string) error {
	for range 100 {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			return c.Close()
		}
		if err := sleep(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	return fmt.Errorf("nothing listens at %s", addr)
}
