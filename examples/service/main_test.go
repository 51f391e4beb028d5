package main

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/meshhop/meshhop/trace/tracetest"
)

// asMain makes the test binary behave as the program.
const asMain = "SERVICE_AS_MAIN"

func command(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, args...)
	cmd.Env = append([]string{asMain + "=1", "GORACE=atexit_sleep_ms=0"}, env...)
	return cmd
}

func TestProgram(t *testing.T) {
	var rec tracetest.Recorder
	names, mesh := startMesh(t, &rec)
	replica := serving(t, says("world"))
	names.Bind("/name", replica)
	at, err := mesh.Proxy(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		about string
		env   []string
		args  []string
		spans int
	}{
		{"through the proxy that the environment names", []string{"http_proxy=" + at.String()}, nil, 2},
		{"by itself", nil, []string{"-dtab", "/svc/name => " + inetName(replica)}, 0},
	} {
		t.Run(test.about, func(t *testing.T) {
			rec.Reset()
			cmd := command(t, test.env, append(test.args, "-listen", "127.0.0.1:0")...)
			cmd.Stderr = os.Stderr
			pipe, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			out := bufio.NewReader(pipe)
			try, err1 := out.ReadString('\n')
			ready, err2 := out.ReadString('\n')
			m := regexp.MustCompile(`^try: curl -s (\S+)\n$`).FindStringSubmatch(try)
			if m == nil || ready != "ready\n" {
				t.Fatalf("it printed %q (%v) and %q (%v)", try, err1, ready, err2)
			}
			direct := new(http.Transport)
			if status, body := get(t, direct, m[1], nil); status != http.StatusOK || body != "Hello world" {
				t.Errorf("%d %q", status, body)
			}
			direct.CloseIdleConnections()
			wait(t, &rec, test.spans)
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("exit: %v", err)
			}
		})
	}
}

func TestUsage(t *testing.T) {
	for _, test := range []struct {
		about string
		args  []string
		code  int
		want  string
	}{
		{"help", []string{"-h"}, 0, "-dtab"},
		{"unknown flag", []string{"-nope"}, 2, "-nope"},
		{"bad address", []string{"-listen=127.0.0.1:none"}, 1, "service: listen tcp: lookup tcp/none"},
		{"bad dtab", []string{"-dtab=name"}, 1, "service: -dtab: '/' expected but 'n' found at '[n]ame'"},
	} {
		t.Run(test.about, func(t *testing.T) {
			cmd := command(t, nil, test.args...)
			out, _ := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != test.code || !strings.Contains(string(out), test.want) {
				t.Errorf("exit status %d, want %d; it printed\n%s", code, test.code, out)
			}
		})
	}
}
