package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/meshhop/meshhop/examples/kubernetes/e2e/image"
)

// dockerImages are the stages of the Dockerfile that begin with nothing, under the
// names that the walkthrough gives them. What the stage before them builds is in
// parts; the rest of what they copy is this machine's.
func dockerImages(parts string) (all []image.Image, err error) {
	data, err := os.ReadFile(root + "/Dockerfile")
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(data)) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if word == "FROM" {
			base, name, _ := strings.Cut(rest, " AS ")
			if base != "scratch" {
				continue
			}
			if name != "" {
				name = "-" + name
			}
			all = append(all, image.Image{Name: "library/meshhop" + name + ":dev", Files: map[string]string{}})
		}
		if len(all) == 0 {
			continue
		}
		i := &all[len(all)-1]
		switch word {
		case "FROM", "#", "":
		case "COPY":
			from, to, _ := strings.Cut(strings.TrimPrefix(rest, "--from=build "), " ")
			if built, ok := strings.CutPrefix(from, "/out/"); ok {
				from = filepath.Join(parts, built)
			}
			i.Files[to] = from
		case "USER":
			i.User = rest
		case "ENTRYPOINT":
			if err := json.Unmarshal([]byte(rest), &i.Entrypoint); err != nil {
				return nil, fmt.Errorf("the Dockerfile's %s: %w", line, err)
			}
		default:
			return nil, fmt.Errorf("the Dockerfile has %q, which this does not know", word)
		}
	}
	return all, nil
}
