//go:build unix

package app

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/proxy/config"
)

// TestRunReloads: Run reads its file again when its caller says so.
func TestRunReloads(t *testing.T) {
	one, two := startReplica(t, "one"), startReplica(t, "two")
	ports := freePorts(t, 2)
	name := write(t, hopTo(one, ports[0], ports[1]))
	reload := make(chan os.Signal)
	out, stderr := new(output), new(output)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, name, Options{Stdout: out, Stderr: stderr, Reload: reload}) }()
	waitFor(t, "ready", func() bool { return strings.HasSuffix(out.String(), "ready\n") })
	target := (&running{t: t, out: out}).addr("router http")
	if _, body := get(t, target, "http://web/", nil); body != "one" {
		t.Errorf("got %q", body)
	}
	for _, step := range []struct{ yaml, logged, body string }{
		{hopTo(two, ports[0], ports[1]), "configuration taken", "two"},
		{"routers: []", "configuration refused", "two"},
	} {
		if err := os.WriteFile(name, []byte(step.yaml), 0o600); err != nil {
			t.Fatal(err)
		}
		reload <- os.Interrupt
		waitFor(t, step.logged, func() bool { return strings.Contains(stderr.String(), step.logged) })
		if _, body := get(t, target, "http://web/", nil); body != step.body {
			t.Errorf("%s: got %q", step.logged, body)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestRunRefuses(t *testing.T) {
	name := write(t, "routers: [{protocol: http, servers: [{prot: 1}]}]")
	err := Run(t.Context(), name, Options{Stdout: new(output), Stderr: new(output)})
	if wrong := (config.Errors)(nil); !errors.As(err, &wrong) || wrong[0].Nearest != "port" {
		t.Errorf("%T: %v", err, err)
	}
}

// TestName: a program with a name of its own has it in all that it says of itself.
func TestName(t *testing.T) {
	in := func(args ...string) string {
		out := new(output)
		newProgram(Options{Name: "myhop", Args: args, Stdout: out, Stderr: out, Build: config.BuildOptions{Version: "v7"}}).main(t.Context())
		return out.String()
	}
	for _, c := range commands() {
		if text := in(c.name, "-h"); !strings.Contains(text, "usage: myhop "+c.name) || strings.Contains(text, "meshhop ") {
			t.Errorf("%s -h says:\n%s", c.name, text)
		}
	}
	for _, args := range [][]string{{"help"}, {"rum"}, {"check", "/no such file"}, {"explain", "x"}, {"explain", "-from", "127.0.0.1:1", ""}, {"decode", "x"}} {
		if text := in(args...); !strings.Contains(text, "myhop") && args[0] != "check" || strings.Contains(text, "meshhop ") {
			t.Errorf("%s says:\n%s", args, text)
		}
	}
	if text := in("version"); !strings.HasPrefix(text, "myhop v7 go") {
		t.Error(text)
	}
}
