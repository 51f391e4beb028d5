package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/meshhop/meshhop/examples/internal/rig"
)

// hop is meshhop run as a process.
type hop struct {
	starter     *rig.Starter
	name        string
	port, admin int
	binary      string
	run         []string // the beginning of its command line
	file        string   // its configuration
	dns         string
	*process
}

// start starts the hop, or starts it again after its end.
func (h *hop) start() (err error) {
	cmd := exec.Command(h.binary, append(h.run, "-dns", h.dns, h.file)...)
	// A small heap is collected often, so that what is in use is known.
	cmd.Env = append(os.Environ(), "GOGC=25")
	h.process, err = start(h.starter, h.name, cmd, func(string) {})
	return err
}

func (h *hop) addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(h.port)) }

// reload has the hop read its configuration again and waits until it has.
func (h *hop) reload(ctx context.Context) error {
	before, err := h.metrics(ctx)
	if err != nil {
		return err
	}
	if err := h.signal(syscall.SIGHUP); err != nil {
		return err
	}
	for {
		now, err := h.metrics(ctx)
		if err != nil {
			return err
		}
		if now[reloadRefused] > before[reloadRefused] {
			return h.failed(errRefused)
		}
		if now[reloadTaken] > before[reloadTaken] {
			return nil
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return h.failed(err)
		}
	}
}

var errRefused = errors.New("refused its configuration")

const (
	reloadTaken   = `meshhop_config_reloads_total{result="taken"}`
	reloadRefused = `meshhop_config_reloads_total{result="refused"}`
	goroutines    = "go_goroutines"
	descriptors   = "process_open_fds"
	heapBytes     = "go_memstats_heap_alloc_bytes"
	retries       = "rt:service:retries:total"
	requeues      = "rt:client:retries:requeues"
)

// retried is how often the hop has tried again since its last reload.
func (h *hop) retried(ctx context.Context) (n int, err error) {
	m, err := h.metrics(ctx)
	for series, value := range m {
		if name, _, _ := strings.Cut(series, "{"); name == retries || name == requeues {
			n += int(value)
		}
	}
	return n, err
}

// metrics are the hop's, by name with labels.
func (h *hop) metrics(ctx context.Context) (map[string]float64, error) {
	r, err := http.NewRequestWithContext(ctx, "GET", fmt.Sprintf("http://127.0.0.1:%d/metrics", h.admin), nil)
	if err != nil {
		return nil, err
	}
	r.Close = true // it is not to be counted among the connections
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, h.failed(err)
	}
	defer resp.Body.Close()
	found := map[string]float64{}
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		name, value, ok := strings.Cut(lines.Text(), " ")
		if strings.HasPrefix(name, "#") || !ok {
			continue
		}
		if found[name], err = strconv.ParseFloat(value, 64); err != nil {
			continue // a label with a space in it: none that is asked for here
		}
	}
	return found, lines.Err()
}

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
