package app

import (
	"debug/elf"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// instruction is a line of a Dockerfile.
type instruction struct{ word, rest string }

// stage is what follows a FROM.
type stage struct {
	base, name string
	steps      []instruction
}

// last is the argument of the last instruction of a kind, which is the one that
// counts.
func (s stage) last(word string) (rest string) {
	for _, step := range s.steps {
		if step.word == word {
			rest = step.rest
		}
	}
	return rest
}

func dockerfile(t *testing.T) []stage {
	t.Helper()
	data, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	var stages []stage
	for line := range strings.Lines(strings.ReplaceAll(string(data), "\\\n", " ")) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		if word == "FROM" {
			from := regexp.MustCompile(`^(?:--platform=\S+ )?(\S+)(?: AS (\S+))?$`).FindStringSubmatch(rest)
			if from == nil {
				t.Fatalf("what is FROM %s?", rest)
			}
			stages = append(stages, stage{base: from[1], name: from[2]})
			continue
		}
		if len(stages) == 0 {
			t.Fatalf("%s before the first FROM", word)
		}
		s := &stages[len(stages)-1]
		s.steps = append(s.steps, instruction{word, strings.TrimSpace(rest)})
	}
	return stages
}

// TestDockerfile holds the stages to what the image promises: nothing but what
// this module makes, as a user who is not root.
func TestDockerfile(t *testing.T) {
	stages := dockerfile(t)
	if len(stages) != 3 || stages[1].name != "helloworld" {
		t.Fatalf("%d stages", len(stages))
	}
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindSubmatch(mod); stages[0].base != "golang:"+string(version[1]) {
		t.Errorf("built with %s, go.mod has Go %s", stages[0].base, version[1])
	}
	for _, s := range stages[1:] {
		if s.base != "scratch" {
			t.Errorf("stage %q is from %s", s.name, s.base)
		}
		if user := s.last("USER"); !regexp.MustCompile(`^[1-9]\d*:[1-9]\d*$`).MatchString(user) {
			t.Errorf("stage %q: user %q; Kubernetes's runAsNonRoot needs a number, not 0", s.name, user)
		}
	}
}

// imageBytes is the most that an image may have.
const imageBytes = 23_000_000

// TestImage does what the Dockerfile says, with the Go that runs this test and
// without its base image: it builds for both architectures, puts the last two
// stages together, and runs what this machine can run.
func TestImage(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED, NOT TESTED in -short: it compiles for two architectures")
	}
	stages := dockerfile(t)
	for _, arch := range []string{"amd64", "arm64"} {
		t.Run(arch, func(t *testing.T) {
			built := t.TempDir() // the root directory of the stage build
			for _, step := range stages[0].steps {
				buildStep(t, step, built, arch)
			}
			for _, s := range stages[1:] {
				image := filepath.Join(t.TempDir(), "root")
				for _, step := range s.steps {
					imageStep(t, step, built, image)
				}
				checkImage(t, s, image, arch)
			}
		})
	}
}

// buildStep does a step of the stage that builds.
func buildStep(t *testing.T, step instruction, root, arch string) {
	t.Helper()
	switch step.word {
	case "ARG", "ENV", "WORKDIR", "COPY":
		want := map[string][]string{
			"ARG": {"TARGETOS TARGETARCH"}, "ENV": {"CGO_ENABLED=0"}, "WORKDIR": {"/src"}, "COPY": {"go.mod go.sum ./", ". ."},
		}[step.word]
		for _, one := range want {
			if step.rest == one {
				return
			}
		}
		t.Fatalf("this test does not know %s %s", step.word, step.rest)
	case "RUN":
		if !strings.HasPrefix(step.rest, "go mod download") {
			command := exec.Command("sh", "-c", strings.ReplaceAll(step.rest, " /out/", " "+filepath.Join(root, "out")+"/"))
			command.Dir = "../.."
			command.Env = append(os.Environ(), "TARGETOS=linux", "TARGETARCH="+arch, "CGO_ENABLED=0")
			if out, err := command.CombinedOutput(); err != nil {
				t.Fatalf("%s: %v\n%s", step.rest, err, out)
			}
		}
	default:
		t.Fatalf("this test does not know %s", step.word)
	}
}

// imageStep does a step of a stage that becomes an image.
func imageStep(t *testing.T, step instruction, built, image string) {
	t.Helper()
	switch step.word {
	case "USER", "ENTRYPOINT":
	case "COPY":
		copied := regexp.MustCompile(`^--from=build (/\S+) (/\S+)$`).FindStringSubmatch(step.rest)
		if copied == nil {
			t.Fatalf("this test does not know COPY %s", step.rest)
		}
		from := filepath.Join(built, copied[1])
		if !strings.HasPrefix(copied[1], "/out/") {
			from = copied[1] // of the base image, which is a Debian as most machines are
			if _, err := os.Stat(from); err != nil {
				t.Logf("SKIPPED, NOT TESTED: COPY %s: %v", step.rest, err)
				return
			}
		}
		data, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(image, copied[2])
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, data, 0o755); err != nil {
			t.Fatal(err)
		}
	default:
		t.Fatalf("this test does not know %s", step.word)
	}
}

// checkImage holds an image to its size and its program to need nothing else.
func checkImage(t *testing.T, s stage, image, arch string) {
	t.Helper()
	var size int64
	if err := filepath.WalkDir(image, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && !entry.IsDir() {
			size += info.Size()
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	t.Logf("image %q for %s: %d bytes", s.name, arch, size)
	if size > imageBytes {
		t.Errorf("the image %q has %d bytes, more than %d", s.name, size, imageBytes)
	}
	var entrypoint []string
	if err := json.Unmarshal([]byte(s.last("ENTRYPOINT")), &entrypoint); err != nil || len(entrypoint) != 1 {
		t.Fatalf("ENTRYPOINT %s: without a shell it has to be a list: %v", s.last("ENTRYPOINT"), err)
	}
	program := filepath.Join(image, entrypoint[0])
	file, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if want := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}[arch]; file.Machine != want {
		t.Errorf("the program is for %v, want %v", file.Machine, want)
	}
	for _, part := range file.Progs {
		if part.Type == elf.PT_INTERP || part.Type == elf.PT_DYNAMIC {
			t.Errorf("the program is not static: it has %v", part.Type)
		}
	}
	if runtime.GOOS != "linux" || runtime.GOARCH != arch || s.name != "" {
		return
	}
	out, err := exec.Command(program, "version").CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "meshhop ") || !strings.HasSuffix(string(out), " linux/"+arch+"\n") {
		t.Errorf("meshhop version: %v\n%s", err, out)
	}
}
