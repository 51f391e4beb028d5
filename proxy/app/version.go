package app

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
)

func setupVersion(p *program, _ *flag.FlagSet) func(context.Context, []string) error {
	return func(_ context.Context, _ []string) error {
		_, err := fmt.Fprintf(p.Stdout, "%s %s %s %s/%s\n", p.Name, p.Build.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return err
	}
}

// version is the version of the main module, or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" && len(setting.Value) >= 12 {
			return "devel-" + setting.Value[:12]
		}
	}
	return "devel"
}
