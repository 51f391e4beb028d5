package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// explainScene goes to a directory with testdata/explain/mesh.yaml and the
// files that its namer reads.
func explainScene(t *testing.T) {
	t.Helper()
	mesh, err := os.ReadFile("testdata/explain/mesh.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"mesh.yaml":      string(mesh),
		"disco/web":      "10.0.0.1 8080\n10.0.0.2 8080\n",
		"disco/weighted": "10.0.1.1 8080\n10.0.1.2 8080 * 3\n",
		"disco/local":    "127.0.0.1 8080\n10.0.2.1 8080\n",
		"disco/empty":    "# nobody yet\n",
		"disco/broken":   "10.0.3.1 8080\nnot an address\n",
	} {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// A link that leads out of the directory cannot be looked up.
	if err := os.Symlink("..", filepath.Join(dir, "disco/outside")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
}

// TestExplain holds the command to the transcripts in testdata/explain: each is
// a command line, what it prints, and its exit status.
func TestExplain(t *testing.T) {
	files, err := filepath.Glob("testdata/explain/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	transcripts := map[string]string{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		transcripts[filepath.Base(file)] = string(data)
	}
	explainScene(t)
	for name, want := range transcripts {
		t.Run(name, func(t *testing.T) {
			line, _, _ := strings.Cut(want, "\n")
			args, ours := strings.CutPrefix(line, "$ meshhop ")
			if !ours {
				t.Fatalf("what is %q?", line)
			}
			status, out, stderr := runToEnd(t, "", shellWords(t, args)...)
			got := line + "\n" + out + stderr + "[" + string('0'+rune(status)) + "]\n"
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-transcript +got):\n%s\n%s", diff, got)
			}
			for l := range strings.Lines(out) {
				if len(l) > 101 && !strings.Contains(l, "/x/x/x") {
					t.Errorf("a line has %d columns: %s", len(l)-1, l)
				}
			}
		})
	}
}

// shellWords splits a command line as a shell does, where single quotes keep
// words together.
func shellWords(t testing.TB, line string) []string {
	t.Helper()
	var words []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			words = append(words, part)
			continue
		}
		words = append(words, strings.Fields(part)...)
	}
	if strings.Count(line, "'")%2 == 1 {
		t.Fatalf("an open quote in %q", line)
	}
	return words
}
