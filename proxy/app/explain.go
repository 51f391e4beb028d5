package app

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/meshhop/meshhop/internal/explain"
)

// explainFlags are the flags of the command; most of them are parts of the question.
type explainFlags struct {
	from     string
	json     bool
	timeout  time.Duration
	secure   *secureFlags
	question explain.Question
}

const explainHelp = `
WHAT is a name, such as /svc/hello, or the URL of a request, such as
http://hello/path. Nothing is sent and nothing listens.

  {name} explain linkerd.yaml /svc/hello
  {name} explain linkerd.yaml http://hello/ -X POST -H 'l5d-dtab: /svc => /v2'
  {name} explain -from http://127.0.0.1:9990 http://hello/
  {name} explain -from https://127.0.0.1:9990 -ca ca.pem -tls-name linkerd http://hello/

Exit status: 0 if all such requests are sent, 1 if any is not or something
failed, 2 if the command line is wrong.
`

func setupExplain(p *program, flags *flag.FlagSet) func(context.Context, []string) error {
	var f explainFlags
	q := &f.question
	flags.StringVar(&f.from, "from", "", "instead of reading a FILE, ask the running hop whose admin server is at this `URL`")
	f.secure = secureFlag(flags, "the hop of -from")
	flags.StringVar(&q.Router, "router", "", "the `label` of the router that the request comes to (default the first)")
	flags.StringVar(&q.Method, "X", "GET", "the request's `method`")
	flags.Func("H", "a `header` of the request, \"Name: value\", as for curl; may be repeated", func(header string) error {
		q.Headers = append(q.Headers, header)
		return nil
	})
	flags.BoolVar(&q.HTTP10, "0", false, "the request is one of HTTP/1.0")
	flags.BoolVar(&f.json, "json", false, "print JSON: the fields of /explain.json")
	flags.DurationVar(&f.timeout, "timeout", 2*time.Second, "with a FILE, how long to wait for its namers")
	return func(ctx context.Context, args []string) error {
		what := args[len(args)-1]
		if (f.from == "") != (len(args) == 2) {
			fmt.Fprintf(p.Stderr, "%s explain: want a FILE or -from, and a name or a URL\n", p.Name)
			flags.Usage()
			return errUsage
		}
		if what != "" && what[0] == '/' {
			q.Name = what
		} else {
			q.URL = what
		}
		report, err := f.ask(ctx, p, args[0])
		if wrong := (*explain.QuestionError)(nil); errors.As(err, &wrong) {
			fmt.Fprintf(p.Stderr, "%s explain: %v\n", p.Name, err)
			return errUsage
		}
		if err != nil {
			return err
		}
		return f.print(report, p.Stdout)
	}
}

func (f *explainFlags) ask(ctx context.Context, p *program, file string) (*explain.Report, error) {
	if f.from != "" {
		return askHop(ctx, f.from, f.secure, f.question)
	}
	return p.askFile(ctx, file, f.timeout, f.question)
}

// askFile asks the routers of a file, which it builds; it listens nowhere.
func (p *program) askFile(ctx context.Context, name string, timeout time.Duration, q explain.Question) (report *explain.Report, err error) {
	file, err := p.load(name)
	if err != nil {
		return nil, p.itemized(err)
	}
	build := p.Build
	build.Listeners = ownListeners()
	mesh, err := file.Build(build)
	if err != nil {
		return nil, p.itemized(err)
	}
	expect(build.Listeners, mesh)
	defer func() { err = errors.Join(err, mesh.Close(ctx)) }()
	c := explain.Config{Routers: mesh.Routers, Timeout: timeout}
	for _, s := range mesh.Servers {
		c.Servers = append(c.Servers, s.Handler)
	}
	return explained(ctx, c, q)
}

func explained(ctx context.Context, c explain.Config, q explain.Question) (*explain.Report, error) {
	x, err := explain.New(c)
	if err != nil {
		return nil, err
	}
	return x.Explain(ctx, q)
}

// print prints the report. If not all requests are sent, the report has said so, and
// the exit status is 1.
func (f *explainFlags) print(report *explain.Report, out io.Writer) error {
	if f.json {
		e := json.NewEncoder(out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(report); err != nil {
			return err
		}
	} else if err := report.Text(out); err != nil {
		return err
	}
	if report.Sent < 1 {
		return errPrinted
	}
	return nil
}
