package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy/config"
)

// configs are configuration files in the manner of those that are in use, from the
// smallest to that of a mesh on Kubernetes. Their first line says whether one loads:
// "# Loads." or "# Does not load: " and a word of an error.
const configs = "../../testdata/configs/"

// TestConfigs: the files load and build, or do not, as they say, and Check finds in them
// what Load does, and nothing wrong in their dtabs.
func TestConfigs(t *testing.T) {
	files, err := filepath.Glob(configs + "*")
	if err != nil || len(files) < 15 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(string(data), "\n")
			word, fails := strings.CutPrefix(first, "# Does not load: ")
			if filepath.Ext(file) == ".json" { // which has no comments
				word, fails = "io.l5d.marathon", true
			}
			var wrong, warned []string
			for _, f := range config.Check(within(t, 5*time.Second), "f", data, config.Builtin(), nil) {
				switch text := strings.TrimPrefix(f.String(), "f:"); {
				case f.Error:
					wrong = append(wrong, text)
				case f.Kind != "":
					warned = append(warned, text)
				}
			}
			_, loaded := config.Load("f", data, config.Builtin())
			if !fails {
				if first != "# Loads." {
					t.Fatalf("the first line is %q", first)
				}
				if err := loadsInTree(t, data); err != nil {
					t.Error(err)
				}
				if len(warned) > 0 {
					t.Errorf("Check warns: %v", warned)
				}
			} else if loaded == nil || !strings.Contains(loaded.Error(), word) {
				t.Errorf("Load says %v, want something about %s", loaded, word)
			}
			if got, want := strings.Join(wrong, "\n"), strings.Join(lines(loaded), "\n"); got != want {
				t.Errorf("Check says\n%s\nand Load\n%s", got, want)
			}
		})
	}
}
