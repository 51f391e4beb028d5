package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/resolve/lint"
)

const checkHelp = `
A FILE is a Linkerd 1.x configuration in YAML or JSON, a Kubernetes manifest with
such in its ConfigMaps, or an app of Marathon's with one in its command; "-" is
standard input. All that is wrong with all of them is said in one round.
`

func setupCheck(flags *flag.FlagSet) func(context.Context, []string, stdio) error {
	c := checker{}
	flags.BoolVar(&c.strict, "strict", false, "fail for warnings, too")
	flags.Var(&c.ignored, "ignore", "`kinds` of findings not to be told, such as unreachable,shadowed")
	flags.BoolVar(&c.options.NoDisk, "no-disk", false, "look at nothing but the files: not at rootDir, dtabFile and hosts, which this machine need not have")
	return func(ctx context.Context, args []string, std stdio) error {
		c.options.Build = config.BuildOptions{Version: version()}
		var all []tally
		for _, name := range args {
			all = append(all, c.file(ctx, name, std)...)
		}
		return c.conclude(all, std)
	}
}

// checker is the command, with its flags.
type checker struct {
	strict  bool
	ignored kinds
	options config.CheckOptions
}

// file checks the configurations in a file.
func (c *checker) file(ctx context.Context, name string, std stdio) []tally {
	sources, err := readSources(name, std)
	if err != nil {
		return []tally{{name: name, errors: say(err, std.err)}}
	}
	var all []tally
	for _, source := range sources {
		checked := config.Check(ctx, source.Name, source.Data, fileKinds(), c.options)
		checked.Findings = slices.DeleteFunc(checked.Findings, func(f config.Finding) bool { return slices.Contains(c.ignored, f.Kind) })
		for _, line := range checked.Lines() {
			fmt.Fprintln(std.err, line)
		}
		t := tallyOf(checked.Findings)
		t.name, t.errors = source.Name, t.errors+len(checked.Errors)
		all = append(all, t)
	}
	return all
}

// conclude says how it went: of one configuration in a word, of several in a
// line for each.
func (c *checker) conclude(all []tally, std stdio) error {
	var wrong, warnings int
	for _, t := range all {
		wrong, warnings = wrong+t.errors, warnings+t.warnings
		if len(all) > 1 {
			fmt.Fprintf(std.out, "%s: %s\n", t.name, t)
		}
	}
	switch {
	case wrong > 0:
		return fmt.Errorf("%d wrong", wrong)
	case warnings > 0 && c.strict:
		return fmt.Errorf("warnings: %d", warnings)
	case len(all) == 1:
		_, err := fmt.Fprintln(std.out, all[0])
		return err
	}
	return nil
}

// say prints an error, a line for each of a file's, and counts them.
func say(err error, to io.Writer) int {
	wrong := config.Errors(nil)
	if !errors.As(err, &wrong) {
		fmt.Fprintln(to, err)
		return 1
	}
	for _, one := range wrong {
		fmt.Fprintln(to, one)
	}
	return len(wrong)
}

// itemized prints what is wrong with a file, one line each, for a command that
// goes on only with a file that is in order. Another error it returns as it is.
func itemized(err error, std stdio) error {
	if wrong := config.Errors(nil); errors.As(err, &wrong) {
		return fmt.Errorf("%d wrong", say(err, std.err))
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
		if f.Error {
			t.errors++
		} else {
			t.warnings++
		}
	}
	return t
}

// findings prints what is wrong with the dtabs of a file that runs all the same.
func findings(file *config.File, to io.Writer) {
	for _, f := range file.Lint() {
		fmt.Fprintln(to, f)
	}
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
