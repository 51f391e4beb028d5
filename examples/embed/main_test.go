package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/meshhop/meshhop/resolve"
)

// asMain makes the test binary behave as the program.
const asMain = "EMBED_AS_MAIN"

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
	cmd := command(t, "-listen", "127.0.0.1:0", "-dtab", dtabFor(users(t)))
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
	if status, body := get(t, m[1], nil); status != http.StatusOK || body != "user /42\n" {
		t.Errorf("%d %q", status, body)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(out)
	if err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("exit: %v", err)
	}
	spans := regexp.MustCompile(`^trace \w+ span \w+ parent \w+ client "GET /42" \S+\ntrace \w+ span \w+ parent 0+ server "http /svc/users" \S+\n$`)
	if !spans.Match(rest) {
		t.Errorf("it printed\n%s", rest)
	}
}

// TestMinimal: the least program that has a hop has one, in twelve lines.
func TestMinimal(t *testing.T) {
	text, err := os.ReadFile("minimal.go")
	if err != nil {
		t.Fatal(err)
	}
	_, snippet, _ := strings.Cut(string(text), "// snippet: minimal\n\n")
	snippet, _, _ = strings.Cut(snippet, "\n\n// end snippet")
	if n := strings.Count(snippet, "\n") + 1; n < 2 || n > 12 {
		t.Errorf("the gateway has %d lines:\n%s", n, snippet)
	}

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- minimal(l, resolve.MustDtab(dtabFor(users(t)))) }()
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+l.Addr().String()+"/42", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "users"
	transport := new(http.Transport)
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK || string(body) != "user /42\n" {
		t.Errorf("%d %q, %v", resp.StatusCode, body, err)
	}
	l.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Error(err)
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
		{"bad address", []string{"-listen=127.0.0.1:none"}, 1, "embed: listen tcp: lookup tcp/none"},
		{"minimal, bad address", []string{"-minimal", "-listen=127.0.0.1:none"}, 1, "embed: listen tcp: lookup tcp/none"},
		{"minimal, bad dtab", []string{"-minimal", "-dtab=users"}, 1, "embed: -dtab: '/' expected but 'u' found at '[u]sers'"},
		{"bad dtab", []string{"-dtab=users"}, 1, "embed: -dtab: '/' expected but 'u' found at '[u]sers'"},
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
