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
		if wrong := (config.Errors)(nil); errors.As(err, &wrong) {
			for _, one := range wrong {
				fmt.Fprintln(std.err, one)
			}
			return fmt.Errorf("%d wrong", len(wrong))
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(std.out, "ok")
		return err
	}
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
