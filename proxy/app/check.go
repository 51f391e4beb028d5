package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/meshhop/meshhop/internal/lint"
	"github.com/meshhop/meshhop/proxy/config"
)

const checkHelp = `
A FILE is a Linkerd 1.x configuration in YAML or JSON, a Kubernetes manifest with
some in its ConfigMaps, or an app of Marathon's with one in its command; "-" is
standard input. Everything that is wrong with all of them is printed at once.
`

func setupCheck(p *program, flags *flag.FlagSet) func(context.Context, []string) error {
	c := checker{}
	flags.BoolVar(&c.strict, "strict", false, "fail if there are warnings, too")
	flags.Var(&c.ignored, "ignore", "`kinds` of findings that are not printed, such as unreachable,shadowed")
	flags.BoolVar(&c.noDisk, "no-disk", false, "look at nothing but the files themselves: not at rootDir, dtabFile and hosts, which this machine need not have")
	return func(ctx context.Context, args []string) error {
		var all []tally
		for _, name := range args {
			all = append(all, c.file(ctx, p, name)...)
		}
		return c.conclude(p, all)
	}
}

// checker is the command, with its flags.
type checker struct {
	strict, noDisk bool
	ignored        kinds
}

// file checks the configurations in a file.
func (c *checker) file(ctx context.Context, p *program, name string) []tally {
	sources, err := p.readSources(name)
	if err != nil {
		return []tally{{name: name, errors: printErrors(p.Stderr, err)}}
	}
	var options *config.BuildOptions
	if !c.noDisk {
		build := p.Build
		build.ErrorLog = nil // whatever is wrong is printed already
		options = &build
	}
	var all []tally
	for _, source := range sources {
		found := config.Check(ctx, source.Name, source.Data, p.Kinds, options)
		found = slices.DeleteFunc(found, func(f config.Finding) bool { return slices.Contains(c.ignored, f.Kind) })
		for _, f := range found {
			fmt.Fprintln(p.Stderr, f)
		}
		t := tallyOf(found)
		t.name = source.Name
		all = append(all, t)
	}
	return all
}

// conclude prints the result: one word for a single configuration, a line for each of
// several. Its error is the exit status.
func (c *checker) conclude(p *program, all []tally) error {
	var wrong, warnings int
	for _, t := range all {
		wrong, warnings = wrong+t.errors, warnings+t.warnings
		if len(all) > 1 {
			fmt.Fprintf(p.Stdout, "%s: %s\n", t.name, t)
		}
	}
	switch {
	case wrong > 0:
		return fmt.Errorf("%d wrong", wrong)
	case warnings > 0 && c.strict:
		return fmt.Errorf("warnings: %d", warnings)
	case len(all) == 1:
		_, err := fmt.Fprintln(p.Stdout, all[0])
		return err
	}
	return nil
}

// printErrors prints an error, one line for each thing that is wrong with a file, and
// returns how many there are.
func printErrors(to io.Writer, err error) int {
	lines := errorLines(err)
	for _, line := range lines {
		fmt.Fprintln(to, line)
	}
	return len(lines)
}

// itemized prints the errors of an invalid file, one line each, and returns their
// number as an error. Any other error it returns as it is.
func (p *program) itemized(err error) error {
	if wrong := config.Errors(nil); errors.As(err, &wrong) {
		return fmt.Errorf("%d wrong", printErrors(p.Stderr, err))
	}
	return err
}

// tally counts what is wrong with a configuration.
type tally struct {
	name             string
	errors, warnings int
}

func (t tally) String() string {
	switch {
	case t.errors > 0:
		return fmt.Sprintf("%d wrong", t.errors)
	case t.warnings > 0:
		return fmt.Sprintf("ok; warnings: %d", t.warnings)
	}
	return "ok"
}

func tallyOf(findings []config.Finding) (t tally) {
	for _, f := range findings {
		switch {
		case f.Error:
			t.errors++
		case f.Kind != "":
			t.warnings++
		}
	}
	return t
}

// kinds is a flag: kinds of findings, separated by commas.
type kinds []string

func (k *kinds) String() string { return fmt.Sprint(*k) }

func (k *kinds) Set(text string) error {
	for word := range strings.SplitSeq(text, ",") {
		kind := strings.TrimSpace(word)
		if !slices.Contains(lint.Kinds(), kind) {
			return fmt.Errorf("there is no kind %q; there are %v", kind, lint.Kinds())
		}
		*k = append(*k, kind)
	}
	return nil
}
