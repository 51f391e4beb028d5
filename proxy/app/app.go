package app

import (
	"context"
	"io"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"reflect"
	"syscall"

	"github.com/meshhop/meshhop/internal/trouble"
	"github.com/meshhop/meshhop/proxy/config"
)

// Options adapt the program. The zero value is meshhop itself, but for the Zipkin
// engine stock: see [config.Kinds].
type Options struct {
	// Kinds are what a configuration file may name. Default: config.Builtin().
	Kinds config.Kinds

	// Build is what the parts of a file are built with. Defaults: ErrorLog, which also
	// gets what happens to the process as a whole, writes lines to Stderr, as the flags
	// -log-format and -log-level of the command run say, which do not exist with another
	// ErrorLog; AccessLog is Stdout, TraceLog is Stderr, Version is that of the main
	// module of the program, Listeners are those of the process. The flags -dns,
	// -client and -server of the command run win over Resolver, NewTransport and Engine.
	Build config.BuildOptions

	// Name is the program's in usage and error messages. Default "meshhop".
	Name string

	// Args are the command line without the program's name. Default os.Args[1:].
	// Run does not look at them.
	Args []string

	// Stdin is read for the file "-". Default os.Stdin.
	Stdin io.Reader

	// Stdout and Stderr take what the program prints. They are written to by
	// several goroutines. Defaults os.Stdout and os.Stderr.
	Stdout, Stderr io.Writer

	// Reload has the file read again each time a value arrives: the new
	// configuration takes over without losing a request, or, if it is wrong, the
	// old one stays and Stderr says why. Default: in Main it is SIGHUP; in Run the
	// file is never read again.
	Reload <-chan os.Signal
}

// Main runs the command that Options.Args name and ends the process with its exit
// status: 0 if all went well, 1 if something failed, 2 if the command line is wrong.
//
// SIGTERM and Ctrl-C (SIGINT) end a command in order; a second Ctrl-C ends the
// process at once. What libraries such as net/http write to package log appears on
// Options.Stderr, line by line, as that of ErrorLog does.
func Main(o Options) {
	p := newProgram(o)
	log.SetFlags(0)
	p.takesStandardLog = true
	p.logStandard()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// Whoever presses Ctrl-C again does not want to wait for the drain. A
	// supervisor that repeats its SIGTERM still does.
	context.AfterFunc(ctx, func() { signal.Reset(os.Interrupt) })
	status := p.main(ctx)
	stop()
	os.Exit(status)
}

// Run runs a configuration file, or standard input if its name is "-", as the
// command run does, until ctx ends or the admin server is told to shut down. Then
// it drains: it takes no new connections, finishes the requests in flight and sends
// the spans, within admin.shutdownGraceMs of the file. It prints its addresses, and
// then a line "ready", to Options.Stdout.
//
// Run catches no signals and leaves no goroutine behind. Its error is a
// [config.Errors] if the file is wrong.
func Run(ctx context.Context, file string, o Options) error {
	p := newProgram(o)
	return p.serve(ctx, file, p.Build, p.Reload)
}

// program is what commands run in: the options with their defaults.
type program struct {
	Options
	log              *processLog // nil: ErrorLog is the program's own
	takesStandardLog bool        // what is written to package log appears in ErrorLog
}

// logStandard has what is written to package log appear in ErrorLog, if it should.
func (p *program) logStandard() {
	if p.takesStandardLog {
		log.SetOutput(standardLog{p.Build.ErrorLog, new(trouble.Lines)})
	}
}

// level is the level of the log; nil: it is not ours.
func (p *program) level() *slog.LevelVar {
	if p.log == nil {
		return nil
	}
	return &p.log.level
}

func newProgram(o Options) *program {
	var own *processLog
	if reflect.ValueOf(o.Kinds).IsZero() {
		o.Kinds = config.Builtin()
	}
	if o.Name == "" {
		o.Name = "meshhop"
	}
	if o.Args == nil && len(os.Args) > 0 {
		o.Args = os.Args[1:]
	}
	if o.Stdin == nil {
		o.Stdin = os.Stdin
	}
	if o.Stdout == nil {
		o.Stdout = os.Stdout
	}
	if o.Stderr == nil {
		o.Stderr = os.Stderr
	}
	if o.Build.ErrorLog == nil {
		own = new(processLog)
		o.Build.ErrorLog = own.logger(o.Stderr)
	}
	if o.Build.AccessLog == nil {
		o.Build.AccessLog = o.Stdout
	}
	if o.Build.TraceLog == nil {
		o.Build.TraceLog = o.Stderr
	}
	if o.Build.Version == "" {
		o.Build.Version = version()
	}
	return &program{Options: o, log: own}
}
