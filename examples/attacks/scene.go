package main

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"

	"github.com/meshhop/meshhop/examples/internal/rig"
)

// scene is what all attacks have in common: the proxies that there are, and where
// their files go.
type scene struct {
	config
	starter *rig.Starter
	dir     string

	mu      sync.Mutex
	running []*process
}

func newScene(ctx context.Context, c config) (s *scene, err error) {
	s = &scene{config: c, starter: rig.NewStarter()}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.dir, err = os.MkdirTemp("", "meshhop-attacks-"); err != nil {
		return s, err
	}
	s.binary, err = rig.Build(ctx, s.binary, s.dir)
	return s, err
}

// present are the proxies that are asked for and installed.
func (s *scene) present() []front {
	return slices.DeleteFunc(fronts(), func(f front) bool {
		if s.fronts != "" && !slices.Contains(strings.Split(s.fronts, ","), f.name) {
			return true
		}
		if f.program == "" {
			return false
		}
		_, err := exec.LookPath(f.program)
		return err != nil
	})
}

// close ends everything.
func (s *scene) close() error {
	for _, p := range s.running {
		p.kill()
	}
	s.starter.Close()
	return os.RemoveAll(s.dir)
}

// freePort is a port that nothing listens at now.
func freePort() (int, error) {
	ports, err := freePorts(1)
	if err != nil {
		return 0, err
	}
	return ports[0], nil
}

// freePorts are several, all different.
func freePorts(n int) (ports []int, err error) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}
