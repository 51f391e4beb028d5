package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/meshhop/meshhop/proxy/config"
)

func setupRun(p *program, flags *flag.FlagSet) func(context.Context, []string) error {
	client, server, dns := clientFlag(flags), serverFlag(flags), dnsFlag(flags)
	if p.log != nil {
		p.log.flags(flags)
	}
	return func(ctx context.Context, args []string) error {
		if p.log != nil {
			p.Build.ErrorLog = p.log.logger(p.Stderr)
			p.logStandard()
		}
		reload := p.Reload
		if reload == nil {
			// From the start: a SIGHUP that nobody waits for ends the process.
			hangup := make(chan os.Signal, 1)
			signal.Notify(hangup, syscall.SIGHUP)
			defer signal.Stop(hangup)
			reload = hangup
		}
		build := p.Build
		client.apply(&build)
		server.apply(&build)
		dns.apply(&build)
		return p.serve(ctx, args[0], build, reload)
	}
}

// serve runs the named file until ctx ends; it reads it again for each value of
// reload.
func (p *program) serve(ctx context.Context, name string, build config.BuildOptions, reload <-chan os.Signal) error {
	began := time.Now()
	build.ErrorLog.Info("starting", "program", p.Name, "version", build.Version, "go", runtime.Version(), "pid", os.Getpid(), "file", name)
	file, err := p.load(name)
	if err != nil {
		return err
	}
	p.printNotices(file)
	p.printFindings(file)
	i, err := newInstance(file, listenTCP, build, p.printed(), newReloads(p, name, reload), p.level(), p.Kinds)
	if err != nil {
		return err
	}
	fmt.Fprintln(p.printed(), "ready")
	build.ErrorLog.Info("ready", "after", time.Since(began).Round(time.Millisecond))
	err = i.run(ctx)
	if err != nil {
		build.ErrorLog.Error("ended", "after", time.Since(began).Round(time.Second), "error", err)
	} else {
		build.ErrorLog.Info("ended", "after", time.Since(began).Round(time.Second))
	}
	return err
}

// printed is where the addresses are printed: nowhere if lines of JSON, which have them
// too, are all that is wanted.
func (p *program) printed() io.Writer {
	if p.log != nil && p.log.json {
		return io.Discard
	}
	return p.Stdout
}

// stdin is the name of standard input in messages.
const stdin = "<stdin>"

// maxConfigBytes is more than any configuration that config.Load takes.
const maxConfigBytes = 2 << 20

// load reads the configuration in the named file; "-" is standard input.
func (p *program) load(name string) (*config.File, error) {
	sources, err := p.readSources(name)
	if err != nil {
		return nil, err
	}
	if len(sources) > 1 {
		return nil, fmt.Errorf("%s has %d configurations; put the one that is meant into a file of its own", name, len(sources))
	}
	return config.Load(sources[0].Name, sources[0].Data, p.Kinds)
}

// readSources reads the configurations in the named file; "-" is standard input.
func (p *program) readSources(name string) ([]config.Source, error) {
	in := p.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	} else {
		name = stdin
	}
	data, err := io.ReadAll(io.LimitReader(in, maxConfigBytes))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return config.Sources(name, data)
}

func (p *program) loadAgain(name string) (*config.File, error) {
	if name == "-" {
		return nil, errors.New(stdin + ": standard input cannot be read again")
	}
	return p.load(name)
}

// printNotices prints what the author of the file should know.
func (p *program) printNotices(file *config.File) {
	for _, n := range file.Notices {
		p.say(slog.LevelWarn, n)
	}
}

// say prints a line about the file, or logs it where all is lines of JSON.
func (p *program) say(level slog.Level, line any) {
	if p.log != nil && p.log.json {
		p.Build.ErrorLog.Log(context.Background(), level, "of the configuration", "text", fmt.Sprint(line))
		return
	}
	fmt.Fprintln(p.Stderr, line)
}

// printFindings prints what is wrong with the dtabs of a file that runs all the
// same.
func (p *program) printFindings(file *config.File) {
	for _, f := range file.Lint() {
		p.say(slog.LevelWarn, f)
	}
}
