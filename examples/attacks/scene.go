package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
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
	return s, s.build(ctx)
}

// build builds the binary from here, unless there is one.
func (s *scene) build(ctx context.Context) error {
	if s.binary != "" {
		return nil
	}
	s.binary = filepath.Join(s.dir, "meshhop")
	if said, err := exec.CommandContext(ctx, "go", "build", "-o", s.binary, "github.com/meshhop/meshhop/cmd/meshhop").CombinedOutput(); err != nil {
		return fmt.Errorf("building meshhop: %w\n%s", err, said)
	}
	return nil
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
