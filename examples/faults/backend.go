package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/meshhop/meshhop/examples/internal/rig"
)

// backend is a replica as a process, seen from here.
type backend struct {
	starter *rig.Starter
	host    string // its name in DNS
	port    int
	seen    *sightings
	said    chan string // its answers to orders
	*process
}

func newBackend(s *rig.Starter, n, port int, seen *sightings) *backend {
	return &backend{starter: s, host: fmt.Sprintf("replica-%d%s", n, domain), port: port, seen: seen}
}

func (b *backend) addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(b.port)) }

// start starts the replica, or starts it again after its end.
func (b *backend) start() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), roleVariable+"="+strconv.Itoa(b.port))
	said := make(chan string, 1)
	b.said = said
	b.process, err = start(b.starter, b.host, cmd, func(line string) {
		method, id, _ := strings.Cut(line, " ")
		switch method {
		case "GET", "POST":
			b.seen.add(id)
		case "ready":
		default:
			said <- line
		}
	})
	return err
}

// order tells the replica what to do and waits for its answer. By then all
// requests that it had received before are counted.
func (b *backend) order(text string) error {
	if err := b.tell(text); err != nil {
		return err
	}
	select {
	case <-b.said:
		return nil
	case <-b.exited:
		return b.failed(errors.New("ended"))
	case <-time.After(10 * time.Second):
		return b.failed(errors.New("does not obey"))
	}
}
