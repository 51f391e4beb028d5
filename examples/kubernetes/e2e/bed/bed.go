// Package bed runs a real Kubernetes of two nodes in namespaces of this machine, for
// tests: API server, controllers, scheduler, kubelets, kube-proxies and containerd.
// It needs root, Linux, kubectl and Debian's packages containerd, runc,
// containernetworking-plugins, iptables and conntrack. One bed runs at a time.
package bed

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/meshhop/meshhop/examples/kubernetes/e2e/image"
)

// Addresses inside a bed; bed.sh has them too.
const (
	controlPlane = "172.30.0.1"
	apiService   = "10.96.0.1"
	registryAddr = controlPlane + ":5000"
)

// startTime is how long a bed may take until pods can be made.
const startTime = 2 * time.Minute

//go:embed *.sh base.yaml
var scripts embed.FS

// Config says what a Bed is made of. All is needed.
type Config struct {
	// Program is the command cluster of this module.
	Program string
	// Kubectl is the directory of a kubectl of the cluster's version, which comes
	// first in the PATH of what runs inside.
	Kubectl string
	// Dir is where the bed keeps its state; it is left there.
	Dir string
	// Images are the only ones that nodes can get.
	Images []image.Image
}

// A Bed is a running Kubernetes. Everything in it is reached from within it: see
// [Bed.Sh] and [Bed.DialContext]. It is safe for concurrent use.
type Bed struct {
	dir      string
	program  string
	kubectl  string
	images   image.Registry
	process  *exec.Cmd
	ended    chan struct{}
	network  *namespace
	registry *http.Server
}

// Start returns a Bed once pods can be made. It ends with [Bed.Stop], or with this
// process.
func Start(ctx context.Context, cfg Config) (*Bed, error) {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for _, sub := range []string{"pki", "log"} {
		if err := os.MkdirAll(filepath.Join(cfg.Dir, sub), 0o755); err != nil {
			return nil, err
		}
	}
	if err := makePKI(filepath.Join(cfg.Dir, "pki")); err != nil {
		return nil, fmt.Errorf("the bed's certificates: %w", err)
	}
	if err := os.CopyFS(filepath.Join(cfg.Dir, "scripts"), scripts); err != nil {
		return nil, err
	}
	b := &Bed{dir: cfg.Dir, program: cfg.Program, kubectl: cfg.Kubectl, ended: make(chan struct{})}
	for _, one := range cfg.Images {
		if err := b.images.Add(one); err != nil {
			return nil, err
		}
	}
	if err := b.run(cfg.Program); err != nil {
		return nil, err
	}
	if err := b.serveImages(ctx); err != nil {
		return nil, errors.Join(err, b.Stop())
	}
	if err := b.wait(ctx); err != nil {
		return nil, errors.Join(err, b.Stop())
	}
	return b, nil
}

// run starts bed.sh in namespaces of its own. As it is the first process of its pid
// namespace, all that is in there ends with it.
func (b *Bed) run(program string) error {
	out, err := os.Create(filepath.Join(b.dir, "log", "bed"))
	if err != nil {
		return err
	}
	defer out.Close()
	b.process = exec.Command("bash", filepath.Join(b.dir, "scripts", "bed.sh"), program, b.dir)
	b.process.Env = b.environment()
	b.process.Stdout, b.process.Stderr = out, out
	b.process.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID,
		Pdeathsig:  syscall.SIGKILL,
	}
	if err := b.process.Start(); err != nil {
		return fmt.Errorf("starting the bed: %w", err)
	}
	go func() {
		defer close(b.ended)
		b.process.Wait()
	}()
	b.network, err = networkOf(b.process.Process.Pid)
	if err != nil {
		return errors.Join(err, b.Stop())
	}
	return nil
}

// serveImages listens once the address is there.
func (b *Bed) serveImages(ctx context.Context) error {
	for {
		listener, err := b.network.listen(registryAddr)
		if err == nil {
			b.registry = &http.Server{Handler: &b.images}
			go b.registry.Serve(listener)
			return nil
		}
		if err := b.pause(ctx); err != nil {
			return err
		}
	}
}

// wait returns when bed.sh says that pods can be made.
func (b *Bed) wait(ctx context.Context) error {
	for {
		if _, err := os.Stat(filepath.Join(b.dir, "ready")); err == nil {
			return nil
		}
		if err := b.pause(ctx); err != nil {
			return err
		}
	}
}

// pause waits a moment, and fails if there is nothing more to wait for.
func (b *Bed) pause(ctx context.Context) error {
	select {
	case <-b.ended:
		return fmt.Errorf("the bed ended: %s", b.Log("bed"))
	case <-ctx.Done():
		return fmt.Errorf("the bed is not ready: %w; %s", ctx.Err(), b.Log("bed"))
	case <-time.After(50 * time.Millisecond):
		return nil
	}
}

// Log returns the end of what a part of the bed has logged: "bed", "apiserver",
// "controllers", "scheduler", "dns", "node1", "node1.kubelet", "node1.containerd",
// "node1.proxy" and so on.
func (b *Bed) Log(part string) string {
	data, err := os.ReadFile(filepath.Join(b.dir, "log", part))
	if err != nil {
		return err.Error()
	}
	return string(data[max(0, len(data)-4096):])
}

// Command returns a command that will run inside the bed, with kubectl's
// configuration in its environment.
func (b *Bed) Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	enter := []string{"--target", fmt.Sprint(b.process.Process.Pid), "--net", "--mount", "--pid", name}
	command := exec.CommandContext(ctx, "nsenter", append(enter, args...)...)
	command.Env = b.environment()
	command.WaitDelay = 5 * time.Second
	return command
}

func (b *Bed) environment() []string {
	return append(os.Environ(),
		"PATH="+b.kubectl+":"+os.Getenv("PATH"),
		"KUBECONFIG="+filepath.Join(b.dir, "pki", "admin.kubeconfig"))
}

// Sh runs a script inside the bed, in the directory dir, and returns its standard
// output without the last newline. An error has what it said on standard error.
func (b *Bed) Sh(ctx context.Context, dir, script string) (string, error) {
	command := b.Command(ctx, "bash", "-euo", "pipefail", "-c", "cd "+quote(dir)+"\n"+script)
	var out, said strings.Builder
	command.Stdout, command.Stderr = &out, &said
	err := command.Run()
	if err != nil {
		err = fmt.Errorf("%s: %w: %s%s", script, err, out.String(), said.String())
	}
	return strings.TrimSuffix(out.String(), "\n"), err
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// Stop ends everything in the bed and removes its cgroups. What it wrote stays.
func (b *Bed) Stop() error {
	if b.registry != nil {
		b.registry.Close()
	}
	if b.network != nil {
		b.network.close()
	}
	b.process.Process.Kill()
	<-b.ended
	return removeCgroups()
}
