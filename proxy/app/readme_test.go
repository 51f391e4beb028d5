package app

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// block is a fenced block of the README with the marker above it, such as
// <!-- run: demo -->.
type block struct{ kind, name, text string }

var marked = regexp.MustCompile("(?s)<!-- (\\w+): (\\S+) -->\n```\\w+\n(.*?)```\n")

func readme(t *testing.T) []block {
	t.Helper()
	t.Chdir("../..")
	data, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var blocks []block
	for _, m := range marked.FindAllStringSubmatch(string(data), -1) {
		blocks = append(blocks, block{m[1], m[2], m[3]})
	}
	if fences := strings.Count(string(data), "```") / 2; len(blocks) != fences {
		t.Errorf("%d of %d fenced blocks are marked: an unmarked one is not tested", len(blocks), fences)
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
