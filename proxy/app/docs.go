package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/meshhop/meshhop/internal/keydoc"
	"github.com/meshhop/meshhop/proxy/config"
)

const docsHelp = `
Without WHAT it prints the reference of all keys of a configuration file. WHAT is a
key, a kind, a group of keys, or an anchor of the page:

  {name} docs sampleRate
  {name} docs io.l5d.zipkin
  {name} docs -o site
`

func setupDocs(p *program, flags *flag.FlagSet) func(context.Context, []string) error {
	to := flags.String("o", "-", "write the reference as a page, index.html, to this `directory`; \"-\": as text to standard output")
	return func(_ context.Context, args []string) error {
		reference, err := referenceOf(p.Kinds)
		if err != nil {
			return err
		}
		if *to != "-" {
			if len(args) > 0 {
				return errors.New("the page is written as a whole: leave out " + args[0])
			}
			return writeReference(reference, *to)
		}
		what := ""
		if len(args) > 0 {
			what = args[0]
		}
		found, err := reference.Text(p.Stdout, what)
		if err == nil && !found {
			err = fmt.Errorf("there is no key, kind or group of keys called %q", what)
		}
		return err
	}
}

func writeReference(reference *keydoc.Reference, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(dir, "index.html"))
	if err != nil {
		return err
	}
	return errors.Join(reference.HTML(f), f.Close())
}

// referenceOf is the reference of all keys, with the kinds of the program.
func referenceOf(kinds config.Kinds) (*keydoc.Reference, error) {
	reference, err := keydoc.Parse(config.Keys())
	if err != nil {
		return nil, err
	}
	for _, family := range []struct {
		section string
		kinds   []string
	}{
		{"namers[]", sortedKeys(kinds.Namers)},
		{"identifier", sortedKeys(kinds.Identifiers)},
		{"interpreter", sortedKeys(kinds.Interpreters)},
		{"transformers[]", sortedKeys(kinds.Transformers)},
		{"telemetry[]", sortedKeys(kinds.Telemeters)},
		{"loadBalancer", sortedKeys(kinds.Balancers)},
		{"failureAccrual", sortedKeys(kinds.FailureAccruals)},
		{"backoff", sortedKeys(kinds.Backoffs)},
		{"responseClassifier", sortedKeys(kinds.Classifiers)},
		{"tracePropagator", sortedKeys(kinds.Propagators)},
		{"stages[]", sortedKeys(kinds.Stages)},
	} {
		for _, kind := range family.kinds {
			if err := reference.AddKind(family.section, kind); err != nil {
				return nil, err
			}
		}
	}
	return reference, nil
}

func sortedKeys[T any](of map[string]T) []string { return slices.Sorted(maps.Keys(of)) }
