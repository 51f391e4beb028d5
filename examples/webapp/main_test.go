package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// asMain makes the test binary behave as the program.
const asMain = "WEBAPP_AS_MAIN"

func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, args...)
	cmd.Env = []string{asMain + "=1", "GORACE=atexit_sleep_ms=0"}
	return cmd
}

func TestProgram(t *testing.T) {
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			cmd := command(t, "-listen", "127.0.0.1:0")
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
			m := regexp.MustCompile(`^try: http_proxy=http://(\S+) curl -s http://web\n$`).FindStringSubmatch(try)
			if m == nil || ready != "ready\n" {
				t.Fatalf("it printed %q (%v) and %q (%v)", try, err1, ready, err2)
			}
			curl(t, m[1])
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			rest, err := io.ReadAll(out)
			if err != nil {
				t.Error(err)
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("exit after %v: %v", sig, err)
			}
			line := regexp.MustCompile(`(?m)^trace \w{32} span \w{16} parent \w{16} (server|client) \S+ ".+" \S+s$`)
			if lines := line.FindAllString(string(rest), -1); len(lines) != 6 || strings.Count(string(rest), "\n") != 6 {
				t.Errorf("it printed\n%swant 6 spans", rest)
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
		{"help", []string{"-h"}, 0, "-forward"},
		{"unknown flag", []string{"-nope"}, 2, "-nope"},
		{"bad address", []string{"-listen=127.0.0.1:none"}, 1, "webapp: listen tcp: lookup tcp/none"},
	} {
		t.Run(test.about, func(t *testing.T) {
			cmd := command(t, test.args...)
			out, _ := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != test.code || !strings.Contains(string(out), test.want) {
				t.Errorf("exit status %d, want %d; it printed\n%s", code, test.code, out)
			}
		})
	}
}
