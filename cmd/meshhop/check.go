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
	"github.com/meshhop/meshhop/resolve"
)

func setupCheck(flags *flag.FlagSet) func(context.Context, []string, stdio) error {
	strict := flags.Bool("strict", false, "fail for warnings, too")
	var ignored kinds
	flags.Var(&ignored, "ignore", "`kinds` of findings not to be told, such as unreachable,shadowed")
	return func(ctx context.Context, args []string, std stdio) error {
		file, err := load(args[0], std)
		var found tally
		if err == nil {
			notices(file, std.err)
			found = findings(file, ignored, std.err)
			err = buildOnce(ctx, file)
		}
		n, err := itemize(err, std)
		if err != nil {
			return err
		}
		switch {
		case n+found.errors > 0:
			return fmt.Errorf("%d wrong", n+found.errors)
		case found.warnings == 0:
			_, err = fmt.Fprintln(std.out, "ok")
		case *strict:
			return fmt.Errorf("warnings: %d", found.warnings)
		default:
			_, err = fmt.Fprintf(std.out, "ok; warnings: %d\n", found.warnings)
		}
		return err
	}
}

// itemize prints what is wrong with a file, one line each, and returns how much
// it was. Another error it returns as it is.
func itemize(err error, std stdio) (n int, other error) {
	wrong := (config.Errors)(nil)
	if !errors.As(err, &wrong) {
		return 0, err
	}
	for _, one := range wrong {
		fmt.Fprintln(std.err, one)
	}
	return len(wrong), nil
}

// itemized is itemize for who goes on only with a file that is in order.
func itemized(err error, std stdio) error {
	n, err := itemize(err, std)
	if err == nil && n > 0 {
		err = fmt.Errorf("%d wrong", n)
	}
	return err
}

// tally counts what is wrong with a file.
type tally struct{ errors, warnings int }

// findings prints what is wrong with the dtabs, but for what is ignored.
func findings(file *config.File, ignored kinds, to io.Writer) (t tally) {
	for _, f := range file.Lint() {
		switch {
		case slices.Contains(ignored, f.Kind):
			continue
		case f.Error:
			t.errors++
		default:
			t.warnings++
		}
		fmt.Fprintln(to, f)
	}
	return t
}

// kinds is a flag: kinds of findings, separated by commas.
type kinds []resolve.FindingKind

func (k *kinds) String() string { return fmt.Sprint(*k) }

func (k *kinds) Set(text string) error {
	for word := range strings.SplitSeq(text, ",") {
		kind := resolve.FindingKind(strings.TrimSpace(word))
		if !slices.Contains(resolve.FindingKinds(), kind) {
			return fmt.Errorf("there is no kind %q; there are %v", kind, resolve.FindingKinds())
		}
		*k = append(*k, kind)
	}
	return nil
}

// buildOnce finds what only shows when parts are made, such as a directory
// that is not there. Nothing listens.
func buildOnce(ctx context.Context, file *config.File) error {
	mesh, err := file.Build(config.BuildOptions{Version: version()})
	if err != nil {
		return err
	}
	return mesh.Close(ctx)
}
