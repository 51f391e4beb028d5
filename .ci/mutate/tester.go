package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

type result string

const (
	killed   result = "killed"
	survived result = "survived"
	timedOut result = "timed out"
	notBuilt result = "not built"
)

// buildLimit bounds building, which is not counted for the tests' time.
const buildLimit = 5 * time.Minute

// tries is how often the tests of a package without a change may be run for it to pass.
const tries = 3

// Tests with a change may take patience times as long as without, and at least
// leastLimit: most that take longer never end.
const (
	patience   = 5
	leastLimit = 15 * time.Second
)

// A tester runs the short tests of packages with a changed file.
type tester struct {
	dir    string // for what it writes
	limit  time.Duration
	limits map[string]time.Duration // by package whose tests passed without a change
}

// test runs the tests of the mutant's own package, or those of the given ones, until
// one fails. The detail says which.
func (t tester) test(ctx context.Context, m mutant, packages []string) (_ result, detail string, _ error) {
	if len(packages) == 0 {
		packages = []string{"./" + filepath.Dir(m.file)}
	}
	overlay, err := t.overlay(m)
	if err != nil {
		return "", "", err
	}
	for _, pkg := range packages {
		limit, err := t.limitOf(ctx, pkg)
		if err != nil {
			return "", "", err
		}
		result, what, err := t.testPackage(ctx, pkg, limit, "-overlay", overlay)
		if err == nil && result == timedOut && limit < t.limit {
			// If the machine is too busy for the tests without the change, too, this
			// says nothing yet.
			if without, _, _ := t.testPackage(ctx, pkg, limit); without != survived {
				result, what, err = t.testPackage(ctx, pkg, t.limit, "-overlay", overlay)
			}
		}
		if err != nil || result != survived {
			return result, what, err
		}
		detail = what
	}
	return survived, detail, nil
}

// limitOf returns how long the tests of a package may take with a change. They must pass
// without one, or what fails is not what a mutant breaks.
func (t tester) limitOf(ctx context.Context, pkg string) (time.Duration, error) {
	if limit := t.limits[pkg]; limit > 0 {
		return limit, nil
	}
	var result result
	var detail string
	var err error
	for range tries { // on a busy machine one may fail
		begin := time.Now()
		if result, detail, err = t.testPackage(ctx, pkg, t.limit); err == nil && result == survived {
			t.limits[pkg] = min(max(patience*time.Since(begin), leastLimit), t.limit)
			return t.limits[pkg], nil
		}
	}
	return 0, fmt.Errorf("without a change the tests of %s do not pass: %s %s %v", pkg, result, detail, err)
}

// testPackage builds and runs the tests of a package.
func (t tester) testPackage(ctx context.Context, pkg string, limit time.Duration, flags ...string) (result, string, error) {
	binary := filepath.Join(t.dir, "mutant.test")
	building, cancel := context.WithTimeout(ctx, buildLimit)
	defer cancel()
	args := append([]string{"test", "-c", "-vet=off", "-o", binary}, flags...)
	if out, err := exec.CommandContext(building, "go", append(args, pkg)...).CombinedOutput(); err != nil {
		return notBuilt, firstLine(out), nil
	}
	result, detail, err := t.run(ctx, binary, pkg, limit, "-test.failfast")
	test, ok := strings.CutPrefix(detail, "by ")
	if err != nil || result != killed || !ok {
		return result, detail, err
	}
	// A test that fails now and then has noticed nothing.
	name, _, _ := strings.Cut(test, "/")
	if again, _, err := t.run(ctx, binary, pkg, limit, "-test.run", "^"+name+"$"); err != nil || again != survived {
		return result, detail, err
	}
	if result, detail, err = t.run(ctx, binary, pkg, limit, "-test.skip", "^"+name+"$"); result == survived {
		detail = "but " + name + " failed once"
	}
	return result, detail, err
}

// overlay writes the change, and the file that tells the go command of it.
func (t tester) overlay(m mutant) (string, error) {
	changed := filepath.Join(t.dir, "mutant.go")
	if err := os.WriteFile(changed, m.mutated(), 0o644); err != nil {
		return "", err
	}
	file, err := filepath.Abs(m.file)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(map[string]map[string]string{"Replace": {file: changed}})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(t.dir, "overlay.json")
	return overlay, os.WriteFile(overlay, text, 0o644)
}

var failed = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)

// run runs a test binary in the directory of its package.
func (t tester) run(ctx context.Context, binary, pkg string, limit time.Duration, flags ...string) (result, string, error) {
	ctx, cancel := context.WithTimeout(ctx, limit+5*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, append([]string{"-test.short", "-test.timeout", limit.String()}, flags...)...)
	cmd.Dir = filepath.FromSlash(pkg)
	cmd.WaitDelay = 5 * time.Second // for what the tests have started
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	defer sweep(pkg)()
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return survived, "", nil
	case ctx.Err() != nil || bytes.Contains(out.Bytes(), []byte("panic: test timed out")):
		return timedOut, "", nil
	case errors.As(err, &exit):
		if name := failed.FindStringSubmatch(out.String()); name != nil {
			return killed, "by " + name[1], nil
		}
		return killed, firstLine(out.Bytes()), nil
	}
	return "", "", fmt.Errorf("run the tests of %s: %w", pkg, err)
}

func firstLine(out []byte) string {
	for line := range strings.Lines(string(out)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			return line
		}
	}
	return ""
}
