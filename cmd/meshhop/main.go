// Command meshhop is the Linkerd 1.x mesh hop, with Zipkin tracing.
//
//	meshhop run FILE             run a Linkerd 1.x configuration file; meshhop FILE does, too
//	meshhop check FILE...        say what is wrong with it and its dtabs, with line and column
//	meshhop explain [FILE] WHAT  say where a name or a request goes, step by step
//	meshhop demo                 run a whole mesh in one process, on loopback
//	meshhop doctor               say what a hop would miss on Kubernetes, and what to do
//	meshhop decode HEADER        say an l5d-ctx-trace value in words
//	meshhop collector            run an in-memory Zipkin-compatible collector
//	meshhop version              print the version; --version does, too
//
// A FILE may be "-", for standard input.
//
// SIGTERM and Ctrl-C end a command in order: it stops accepting, finishes what
// runs and sends its spans, within admin.shutdownGraceMs where there is one.
// SIGHUP has run read FILE again: it takes the new configuration without losing
// a request, or says what is wrong with it and keeps the old one.
//
// Each command prints its flags with -h; they may stand before and behind the
// words. Exit status: 0 all went well, 1 something failed, 2 the command line is
// wrong.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	log.SetFlags(0)
	log.SetOutput(standardLog(os.Stderr))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// Whoever presses Ctrl-C again does not want to wait for the drain. A
	// supervisor that repeats its SIGTERM still does.
	context.AfterFunc(ctx, func() { signal.Reset(os.Interrupt) })
	status := run(ctx, os.Args[1:], stdio{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(status)
}

// stdio is where a command reads and prints.
type stdio struct {
	in       io.Reader
	out, err io.Writer
}

// A command is one word of the command line. Its flags are parsed already.
type command struct {
	name, args, summary string
	// help is what is said after the flags.
	help string
	// setup defines the command's flags and returns what runs it.
	setup func(*flag.FlagSet) func(ctx context.Context, args []string, std stdio) error
}

func commands() []command {
	return []command{
		{"run", "FILE", "run a Linkerd 1.x configuration file (\"-\": standard input)", "", setupRun},
		{"check", "FILE...", "say what is wrong with configuration files and their dtabs", checkHelp, setupCheck},
		{"explain", "[FILE] WHAT", "say where a name or a request goes, step by step", explainHelp, setupExplain},
		{"demo", "", "run a whole mesh in one process, on loopback", "", setupDemo},
		{"doctor", "", "say what a hop would miss where this runs, in a pod of Kubernetes", doctorHelp, setupDoctor},
		{"decode", "HEADER", "say an l5d-ctx-trace value in words", "", setupDecode},
		{"collector", "", "run an in-memory Zipkin-compatible collector", "", setupCollector},
		{"version", "", "print the version", "", setupVersion},
	}
}

var (
	// errUsage means that the command line is wrong and that it was said.
	errUsage = errors.New("usage")
	// errSaid means that the command failed and that it was said.
	errSaid = errors.New("said")
)

// run is the program: it returns the exit status.
func run(ctx context.Context, args []string, std stdio) int {
	if len(args) == 0 {
		usage(std.err)
		return 2
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		usage(std.out)
		return 0
	case "-version", "--version", "-v":
		args = []string{"version"}
	}
	if namesFile(args[0]) { // as Linkerd is called
		args = append([]string{"run"}, args...)
	}
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		switch err := c.run(ctx, args[1:], std); {
		case err == nil, errors.Is(err, flag.ErrHelp):
			return 0
		case errors.Is(err, errUsage):
			return 2
		case errors.Is(err, errSaid):
			return 1
		default:
			fmt.Fprintf(std.err, "meshhop %s: %v\n", c.name, err)
			return 1
		}
	}
	fmt.Fprintf(std.err, "meshhop: unknown command %q\n", args[0])
	usage(std.err)
	return 2
}

func (c command) run(ctx context.Context, args []string, std stdio) error {
	flags := flag.NewFlagSet("meshhop "+c.name, flag.ContinueOnError)
	flags.SetOutput(std.err)
	flags.Usage = func() {
		fmt.Fprintf(std.err, "usage: meshhop %s [flags] %s\n\n%s\n", c.name, c.args, c.summary)
		flags.PrintDefaults()
		fmt.Fprint(std.err, c.help)
	}
	do := c.setup(flags)
	words, err := parse(flags, args)
	if err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage // the flag package has said what is wrong
	}
	if least, most := c.wants(); len(words) < least || len(words) > most {
		flags.Usage()
		return errUsage
	}
	return do(ctx, words, std)
}

// namesFile says whether the first word of the command line is a file: no command
// has a dot or a slash in its name.
func namesFile(word string) bool {
	return word == "-" || word != "" && word[0] != '-' && strings.ContainsAny(word, "./\\")
}

// wants is how many words the command takes beside its flags; one in brackets
// may be left out, and one with three dots stands for one or more.
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
// What follows "--" is no flag.
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

func usage(w io.Writer) {
	fmt.Fprint(w, "meshhop is the Linkerd 1.x mesh hop, with Zipkin tracing.\n\nusage:\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  meshhop %-20s %s\n", c.name+" "+c.args, c.summary)
	}
	fmt.Fprint(w, "\nmeshhop FILE is meshhop run FILE, and a FILE may be \"-\", for standard input.\nmeshhop COMMAND -h prints a command's flags.\n")
}
