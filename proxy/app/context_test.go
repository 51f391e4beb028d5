package app

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/trace/tracetest"
)

const contextExamples = "../../examples/context"

// contextServices are the services of examples/context by the program that runs
// them.
var contextServices = []struct{ interpreter, file string }{
	{"python3", "hello.py"},
	{"node", "hello.js"},
	{"java", "Hello.java"},
}

// startContextService runs one as the hello whose world is behind proxy, until the
// end of the test.
func startContextService(t *testing.T, interpreter, file, at, proxy string) {
	t.Helper()
	path, err := exec.LookPath(interpreter)
	if err != nil {
		t.Skipf("SKIPPED, NOT TESTED: %s is not installed", interpreter)
	}
	var out output
	command := exec.Command(path, filepath.Join(contextExamples, file), at, "world")
	command.Env = append(os.Environ(), "http_proxy="+proxy)
	command.Stdout, command.Stderr = &out, &out
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		command.Wait()
	}()
	t.Cleanup(func() {
		command.Process.Kill()
		<-ended
	})
	waitForSlow(t, file+" to serve", func() bool {
		select {
		case <-ended:
			t.Fatalf("%s %s ended:\n%s", interpreter, file, &out)
		default:
		}
		return strings.Contains(out.String(), "serving on "+at+"\n")
	})
}

// TestContextInOtherLanguages: with each service of examples/context as hello the
// demo's request is one trace of eight spans.
func TestContextInOtherLanguages(t *testing.T) {
	for _, s := range contextServices {
		t.Run(s.file, func(t *testing.T) {
			at := fmt.Sprintf("127.0.0.1:%d", freePorts(t, 1)[0])
			p := startLocalDemo(t, "-hello", at)
			outgoing := p.addr("router outgoing")
			startContextService(t, s.interpreter, s.file, at, outgoing)
			if _, body := get(t, outgoing, "http://hello", nil); !strings.HasPrefix(body, "Hello (127.0.0.1) world (127.0.") || !strings.HasSuffix(body, ")!!") {
				t.Fatalf("got %q", body)
			}
			records, traces := spansOf(t, p, 8)
			if len(records) != 8 || traces != 1 {
				t.Errorf("%d spans in %d traces, want 8 in 1", len(records), traces)
			}
			tracetest.AssertTree(t, records, demoTree(p))
		})
	}
}

// TestContextForwarded: the services send on every value of the headers whose name
// begins with l5d-ctx-, in whatever case, and no other header of the request; and
// nothing of one request with the next.
func TestContextForwarded(t *testing.T) {
	for _, s := range contextServices {
		t.Run(s.file, func(t *testing.T) {
			seen := make(chan *http.Request, 2)
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			mesh := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				seen <- r
				fmt.Fprint(w, "world (somewhere)!")
			})}
			go mesh.Serve(l)
			t.Cleanup(func() { mesh.Close() })
			at := fmt.Sprintf("127.0.0.1:%d", freePorts(t, 1)[0])
			startContextService(t, s.interpreter, s.file, at, "http://"+l.Addr().String()+"/")

			trace, dtabs, other := []string{"AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAY="}, []string{"/a => /b", "/c => /d"}, []string{"of tomorrow"}
			in := http.Header(map[string][]string{ // in all cases
				"l5d-ctx-trace": trace, "L5D-CTX-DTAB": dtabs, "l5d-ctx-other": other,
				"l5d-dtab": {"/e => /f"}, "l5d-sample": {"1.0"}, "Cookie": {"a=b"}, "Authorization": {"secret"},
			})
			for i, want := range []http.Header{{"L5d-Ctx-Trace": trace, "L5d-Ctx-Dtab": dtabs, "L5d-Ctx-Other": other}, {}} {
				if i > 0 {
					in = nil
				}
				if _, body := get(t, "", "http://"+at+"/", in); body != "Hello (127.0.0.1) world (somewhere)!!" {
					t.Errorf("got %q", body)
				}
				r := <-seen
				got := http.Header{}
				for name, values := range r.Header {
					lower := strings.ToLower(name)
					if strings.HasPrefix(lower, "l5d-") || lower == "cookie" || lower == "authorization" {
						got[name] = slices.Clone(values)
					}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("request %d (-want +got):\n%s", i, diff)
				}
				if r.RequestURI != "http://world/" || r.Host != "world" {
					t.Errorf("asked for %q with host %q", r.RequestURI, r.Host)
				}
			}
		})
	}
}

// TestContextIsShort: what the mesh asks of a service is a dozen lines at most,
// those that make the request included.
func TestContextIsShort(t *testing.T) {
	for _, s := range contextServices {
		data, err := os.ReadFile(filepath.Join(contextExamples, s.file))
		if err != nil {
			t.Fatal(err)
		}
		_, rest, found := strings.Cut(string(data), "forwarding: all that the mesh asks of a service\n")
		part, _, ends := strings.Cut(rest, "end of forwarding")
		lines := 0
		for line := range strings.Lines(part) {
			if text := strings.Trim(line, " \t\n#/"); text != "" {
				lines++
			}
		}
		if !found || !ends || lines > 12 {
			t.Errorf("%s: %d lines", s.file, lines)
		}
	}
}
