package app

import (
	"context"
	"flag"
	"fmt"
	"strings"

	"github.com/meshhop/meshhop/ctxhdr"
)

func setupDecode(p *program, _ *flag.FlagSet) func(context.Context, []string) error {
	return func(_ context.Context, args []string) error {
		// What was copied from a terminal may have the header's name in front.
		value := strings.TrimSpace(args[0])
		if name, rest, found := strings.Cut(value, ":"); found && strings.EqualFold(name, ctxhdr.TraceName) {
			value = strings.TrimSpace(rest)
		}
		id, err := ctxhdr.ParseTraceID(value)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(p.Stdout, strings.TrimRight(id.Describe(), "\n"))
		return err
	}
}
