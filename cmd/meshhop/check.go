package main

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"github.com/meshhop/meshhop/proxy/config"
)

func setupCheck(*flag.FlagSet) func(context.Context, []string, stdio) error {
	return func(ctx context.Context, args []string, std stdio) error {
		file, err := load(args[0], std)
		if err == nil {
			notices(file, std.err)
			err = buildOnce(ctx, file)
		}
		if err != nil {
			return itemized(err, std)
		}
		_, err = fmt.Fprintln(std.out, "ok")
		return err
	}
}

// itemized prints what is wrong with a file, one line each, and returns how
// much it was. Another error it returns as it is.
func itemized(err error, std stdio) error {
	wrong := (config.Errors)(nil)
	if !errors.As(err, &wrong) {
		return err
	}
	for _, one := range wrong {
		fmt.Fprintln(std.err, one)
	}
	return fmt.Errorf("%d wrong", len(wrong))
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
