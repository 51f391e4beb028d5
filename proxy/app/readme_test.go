package app

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// documents are the files whose commands and snippets are tested.
func documents() []string {
	return []string{"README.md", "examples/linkerd/README.md", "examples/faults/README.md", "examples/bench/README.md"}
}

// block is a fenced block of such a file with the marker above it, such as
// <!-- run: demo -->.
type block struct{ kind, name, text string }

var marked = regexp.MustCompile("(?s)<!-- (\\w+): (\\S+) -->\n```\\w+\n(.*?)```\n")

func readme(t *testing.T) []block {
	t.Helper()
	t.Chdir("../..")
	var blocks []block
	for _, document := range documents() {
		data, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		found := marked.FindAllStringSubmatch(string(data), -1)
		for _, m := range found {
			blocks = append(blocks, block{m[1], m[2], m[3]})
		}
		if fences := strings.Count(string(data), "```") / 2; len(found) != fences {
			t.Errorf("%s: %d of %d fenced blocks are marked: an unmarked one is not tested", document, len(found), fences)
		}
	}
	return blocks
}

// TestREADME runs each documented command and holds each snippet to the
// compiled program that it stands in.
func TestREADME(t *testing.T) {
	for _, b := range readme(t) {
		t.Run(b.kind+" "+b.name, func(t *testing.T) {
			switch b.kind {
			case "run":
				b.run(t)
			case "snippet":
				b.same(t, snippet(t, b.name))
			case "file":
				data, err := os.ReadFile(b.name)
				if err != nil {
					t.Fatal(err)
				}
				b.same(t, string(data))
			default:
				t.Errorf("what is a block of kind %q?", b.kind)
			}
		})
	}
}

func (b block) same(t *testing.T, want string) {
	t.Helper()
	if diff := cmp.Diff(want, b.text); diff != "" {
		t.Errorf("the README differs (-source +README):\n%s", diff)
	}
}

func (b block) run(t *testing.T) {
	line, output, _ := strings.Cut(b.text, "\n")
	line = strings.TrimPrefix(line, "$ ")
	args, ours := strings.CutPrefix(line, "go run ./cmd/meshhop ")
	switch {
	case line == "go test ./...":
		// The command that runs this very test.
	case line == "go install github.com/meshhop/meshhop/cmd/meshhop@latest":
		// .ci/release does this with the version that it releases.
	case strings.HasPrefix(line, "docker "):
		b.image(t)
	case strings.HasPrefix(line, "go run -C examples/bench . "):
		// It takes minutes; the module has a test that runs it shortened.
	case line == "go run ./examples/faults":
		// So does this; its package has a test that runs it shortened.
	case line == "go run ./cmd/meshhop demo":
		p := startLocalDemo(t)
		standard := strings.NewReplacer(
			p.addr("router outgoing"), "127.0.0.1:4140", serviceName(p.addr("router outgoing")), "127.0.0.1/4140",
			"%2F"+portOf(p.addr("router outgoing")), "%2F4140",
			p.addr("router incoming"), "127.0.0.1:4141", p.addr("admin"), "127.0.0.1:9990", p.addr("zipkin"), "127.0.0.1:9411",
		).Replace(p.out.String())
		b.same(t, "$ "+line+"\n"+standard)
	case strings.HasPrefix(line, "http_proxy=http://127.0.0.1:4140 curl "):
		words := shellWords(t, strings.TrimPrefix(line, "http_proxy=http://127.0.0.1:4140 curl "))
		header := http.Header{}
		for i, word := range words {
			if word == "-H" {
				name, value, _ := strings.Cut(words[i+1], ": ")
				header.Add(name, value)
			}
		}
		_, body := get(t, startLocalDemo(t).addr("router outgoing"), words[len(words)-1], header)
		if same := anyReplica(body) + "\n"; same != anyReplica(output) {
			t.Errorf("got %q, the README has %q", body, output)
		}
	case ours:
		_, stdout, stderr := runToEnd(t, "", shellWords(t, args)...)
		if got := stderr + stdout; got != output { // as check writes them
			t.Errorf("got\n%sthe README has\n%s", got, output)
		}
	default:
		t.Errorf("nobody runs %q", line)
	}
}

// image holds the commands about the image to the Dockerfile, which says how it is
// built, and to the program that it starts: no Docker is needed here.
func (b block) image(t *testing.T) {
	dockerfile, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	build, run, _ := strings.Cut(b.text, "\n")
	if !strings.Contains(string(dockerfile), "\n#   "+strings.TrimPrefix(build, "$ ")+"\n") {
		t.Errorf("the Dockerfile does not say %q", build)
	}
	if !strings.HasSuffix(string(dockerfile), "\nENTRYPOINT [\"/meshhop\"]\n") {
		t.Error("the last image of the Dockerfile does not start meshhop")
	}
	words := shellWords(t, strings.TrimPrefix(strings.TrimSpace(run), "$ "))
	if args := words[slices.Index(words, "meshhop")+1:]; len(args) != 2 || args[0] != "run" || args[1] != "/etc/meshhop/linkerd.yaml" {
		t.Errorf("the image is started with %q", args)
	}
}

// anyReplica has the address of any replica of the demo's in place of those in the
// text: which one answers is not said beforehand.
func anyReplica(text string) string { return replicaIP.ReplaceAllString(text, "(replica)") }

var replicaIP = regexp.MustCompile(`\(127\.0\.(0\.1|1\.\d)\)`)

// snippet finds "// snippet: name" ... "// end snippet" in the examples.
func snippet(t *testing.T, name string) string {
	t.Helper()
	files, err := filepath.Glob("examples/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, rest, found := strings.Cut(string(data), "// snippet: "+name+"\n"); found {
			text, _, _ := strings.Cut(strings.TrimLeft(rest, "\n"), "// end snippet")
			return dedent(text)
		}
	}
	t.Fatalf("no snippet %s in %d files", name, len(files))
	return ""
}

// dedent takes away the tabs that all lines begin with.
func dedent(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n\t "), "\n")
	tabs := -1
	for _, line := range lines {
		if n := len(line) - len(strings.TrimLeft(line, "\t")); line != "" && (tabs < 0 || n < tabs) {
			tabs = n
		}
	}
	for i, line := range lines {
		if line != "" {
			lines[i] = line[tabs:]
		}
	}
	return strings.Join(lines, "\n") + "\n"
}
