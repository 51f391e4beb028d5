package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/examples/kubernetes/e2e/bed"
)

// patience is how long anything in a cluster may take.
const patience = 2 * time.Minute

// A session is a reader's terminal: one shell, in which variables stay. What is
// typed and what comes is in the test's log.
type session struct {
	t   *testing.T
	bed *bed.Bed
	dir string

	in     io.WriteCloser
	out    *bufio.Reader
	cancel context.CancelFunc
}

// open returns a terminal inside the bed, in the directory dir.
func open(t *testing.T, b *bed.Bed, dir string) *session {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	shell := b.Command(ctx, "bash")
	in, err := shell.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := shell.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	shell.Stderr = shell.Stdout
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	s := &session{t: t, bed: b, dir: dir, in: in, out: bufio.NewReader(out), cancel: cancel}
	t.Cleanup(func() { s.close(shell) })
	if out, status := s.run("cd " + quote(dir)); status != 0 {
		t.Fatal(out)
	}
	// A connection to a pod that has just gone may hang; a reader ends it, and types
	// the command again.
	s.run(`curl() { command curl --max-time 20 "$@"; }`)
	return s
}

func (s *session) close(shell *exec.Cmd) {
	s.in.Close()
	s.cancel()
	shell.Wait()
}

// prompt ends the output of a command. It has the exit status.
var prompt = regexp.MustCompile(`^>>> (\d+)\n$`)

// run types a command and returns what it printed, without the last newline, and
// its exit status. The shell is ended if that takes longer than patience.
func (s *session) run(command string) (out string, status int) {
	s.t.Helper()
	timer := time.AfterFunc(patience, s.cancel)
	defer timer.Stop()
	// eval, so that a command that is not whole fails by itself.
	fmt.Fprintf(s.in, "eval %s </dev/null\nprintf '\\n>>> %%s\\n' $?\n", quote(command))
	var said strings.Builder
	for {
		line, err := s.out.ReadString('\n')
		if err != nil {
			s.t.Fatalf("%s: the shell ended: %v\n%s", command, err, &said)
		}
		if found := prompt.FindStringSubmatch(line); found != nil {
			status, _ = strconv.Atoi(found[1])
			return strings.TrimRight(said.String(), "\n"), status
		}
		said.WriteString(line)
	}
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// sh types a command that must succeed, and returns what it printed.
func (s *session) sh(command string) string {
	s.t.Helper()
	out, status := s.run(command)
	s.show(command, out)
	if status != 0 {
		s.explain()
		s.t.Fatalf("%s: exit status %d", command, status)
	}
	return out
}

// until types a command again and again until what it prints matches, as a reader
// does while pods start. It returns the last of it.
func (s *session) until(pattern, command string) string {
	s.t.Helper()
	want := regexp.MustCompile(pattern)
	began := time.Now()
	for {
		out, _ := s.run(command)
		if want.MatchString(out) {
			s.show(command, out)
			return out
		}
		if time.Since(began) > patience {
			s.show(command, out)
			s.explain()
			s.t.Fatalf("%s: not what is wanted after %v: %s", command, patience, pattern)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// shownLines is how much of a command's output the transcript has.
const shownLines = 20

// show writes the transcript.
func (s *session) show(command, out string) {
	lines := strings.Split(out, "\n")
	if more := len(lines) - shownLines; more > 0 {
		lines = append(lines[:shownLines], fmt.Sprintf("(and %d lines)", more))
	}
	fmt.Fprintf(s.t.Output(), "$ %s\n%s\n", command, strings.Join(lines, "\n"))
}

// explain logs what is known of pods that are not well.
func (s *session) explain() {
	s.t.Helper()
	for _, command := range []string{
		"kubectl get pods -A -o wide",
		"kubectl get events -A --sort-by=.lastTimestamp | tail -n 30",
		"for pod in $(kubectl get pods -A -o jsonpath='{range .items[*]}{.metadata.namespace}/{.metadata.name} {end}'); do echo \"== $pod\"; kubectl -n ${pod%%/*} logs ${pod##*/} --all-containers --tail 15; done",
	} {
		out, _ := s.run(command)
		s.t.Logf("$ %s\n%s", command, out)
	}
}

// apply types kubectl apply for files of the session's directory.
func (s *session) apply(files ...string) {
	s.t.Helper()
	for _, file := range files {
		s.sh("kubectl apply -f " + file)
	}
}

// ready waits until as many pods run as there should be, and no more.
func (s *session) ready(pods int) {
	s.t.Helper()
	s.until(fmt.Sprintf(`^%d %d$`, pods, pods),
		`kubectl get pods --no-headers | awk '{ split($2, n, "/"); if (n[1] == n[2] && $3 == "Running") ready++ } END { print ready + 0, NR }'`)
}

// address types what the articles do to keep the address of a load balancer in a
// variable, with .ip in place of .*, and returns it.
func (s *session) address(variable, of string) string {
	s.t.Helper()
	return s.until(`^172\.30\.1\.\d+$`, variable+`=$(kubectl get `+of+` -o jsonpath="{.status.loadBalancer.ingress[0].ip}"); echo $`+variable)
}
