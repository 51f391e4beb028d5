package rig

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
)

// Build gives the meshhop to run: binary, or, where that is "", one that it builds
// from here into dir.
func Build(ctx context.Context, binary, dir string) (string, error) {
	if binary != "" {
		return binary, nil
	}
	binary = filepath.Join(dir, "meshhop")
	if said, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "github.com/meshhop/meshhop/cmd/meshhop").CombinedOutput(); err != nil {
		return "", fmt.Errorf("building meshhop: %w\n%s", err, said)
	}
	return binary, nil
}
