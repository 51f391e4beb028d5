package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"strings"
)

// A command is one word of the command line.
type command struct {
	name, args, summary string
	// help is printed after the flags; {name} stands for the program's name.
	help string
	// setup defines the command's flags and returns what runs it, after these were
	// parsed.
	setup func(*program, *flag.FlagSet) func(ctx context.Context, args []string) error
}

func commands() []command {
	return []command{
		{"run", "FILE", "run a Linkerd 1.x configuration file (\"-\": standard input)", "", setupRun},
		{"check", "FILE...", "check configuration files and their dtabs", checkHelp, setupCheck},
		{"explain", "[FILE] WHAT", "explain where a name or a request goes, step by step", explainHelp, setupExplain},
		{"demo", "", "run a whole mesh in one process, on loopback", "", setupDemo},
		{"doctor", "", "check what a hop would miss where this runs, in a pod of Kubernetes", doctorHelp, setupDoctor},
		{"docs", "[WHAT]", "describe the keys of a configuration file", docsHelp, setupDocs},
		{"decode", "HEADER", "print an l5d-ctx-trace value in words", "", setupDecode},
		{"collector", "", "run an in-memory Zipkin-compatible collector", "", setupCollector},
		{"version", "", "print the version", "", setupVersion},
	}
}

var (
	// errUsage means that the command line is wrong, and that this was printed.
	errUsage = errors.New("usage")
	// errPrinted means that the command failed, and that this was printed.
	errPrinted = errors.New("printed")
)

// main runs the command that the arguments name, and returns the exit status.
func (p *program) main(ctx context.Context) int {
	args := p.Args
	if len(args) == 0 {
		fmt.Fprint(p.Stderr, p.usage())
		return 2
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		fmt.Fprint(p.Stdout, p.usage())
		return 0
	case "-version", "--version", "-v":
		args = []string{"version"}
	}
	if namesFile(args[0]) || args[0][:min(1, len(args[0]))] == "-" && namesFile(args[len(args)-1]) { // as Linkerd is called
		args = append([]string{"run"}, args...)
	}
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		switch err := p.command(ctx, c, args[1:]); {
		case err == nil, errors.Is(err, flag.ErrHelp):
			return 0
		case errors.Is(err, errUsage):
			return 2
		case errors.Is(err, errPrinted):
			return 1
		default:
			fmt.Fprintf(p.Stderr, "%s %s: %v\n", p.Name, c.name, err)
			return 1
		}
	}
	fmt.Fprintf(p.Stderr, "%s: unknown command %q\n%s", p.Name, args[0], p.usage())
	return 2
}

// command runs one command.
func (p *program) command(ctx context.Context, c command, args []string) error {
	flags := flag.NewFlagSet(p.Name+" "+c.name, flag.ContinueOnError)
	flags.SetOutput(p.Stderr)
	flags.Usage = func() {
		fmt.Fprintf(p.Stderr, "usage: %s %s [flags] %s\n\n%s\n", p.Name, c.name, c.args, c.summary)
		flags.PrintDefaults()
		fmt.Fprint(p.Stderr, strings.ReplaceAll(c.help, "{name}", p.Name))
	}
	do := c.setup(p, flags)
	words, err := parse(flags, args)
	if err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage // package flag has printed what is wrong
	}
	if least, most := c.wants(); len(words) < least || len(words) > most {
		flags.Usage()
		return errUsage
	}
	return do(ctx, words)
}

// namesFile reports whether the first word of the command line is a file: no
// command has a dot or a slash in its name.
func namesFile(word string) bool {
	return word == "-" || word != "" && word[0] != '-' && strings.ContainsAny(word, "./\\")
}

// wants returns how many words the command takes beside its flags. A word in
// brackets may be left out, and one with three dots stands for one or more.
func (c command) wants() (least, most int) {
	for _, word := range strings.Fields(c.args) {
		if most++; word[0] != '[' {
			least++
		}
		if strings.HasSuffix(word, "...") {
			most = math.MaxInt
		}
	}
	return least, most
}

// parse takes flags before, between and behind the words, which it returns.
// Whatever follows "--" is a word.
func parse(flags *flag.FlagSet, args []string) (words []string, err error) {
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		rest := flags.Args()
		if used := len(args) - len(rest); len(rest) == 0 || used > 0 && args[used-1] == "--" {
			return append(words, rest...), nil
		}
		words, args = append(words, rest[0]), rest[1:]
	}
}

// usage is the text of the command help.
func (p *program) usage() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s is the Linkerd 1.x mesh hop, with Zipkin tracing.\n\nusage:\n", p.Name)
	for _, c := range commands() {
		fmt.Fprintf(&text, "  %s %-20s %s\n", p.Name, c.name+" "+c.args, c.summary)
	}
	fmt.Fprintf(&text, "\n%[1]s FILE is %[1]s run FILE, and a FILE may be \"-\", for standard input.\n%[1]s COMMAND -h prints a command's flags.\n", p.Name)
	return text.String()
}
