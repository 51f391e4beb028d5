package main

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/proxy/proxytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestREADME runs the commands of README.md, in their order, against the hop of
// linkerd.yaml and the server, and compares what they print.
func TestREADME(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("the commands need curl")
	}
	server := httptest.NewServer(services())
	t.Cleanup(server.Close)
	behind := strings.TrimPrefix(server.URL, "http://127.0.0.1:")
	file, err := os.ReadFile("linkerd.yaml")
	if err != nil {
		t.Fatal(err)
	}
	mesh := proxytest.Start(t, strings.NewReplacer("8001", behind, "4140", "0").Replace(string(file)))
	here := strings.NewReplacer("127.0.0.1:4140", strings.TrimPrefix(mesh.URL("http"), "http://"), "127.0.0.1:9990", strings.TrimPrefix(mesh.AdminURL, "http://"), "8001", behind)
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := 0
	for _, block := range regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(string(readme), -1) {
		for _, part := range strings.Split("\n"+block[1], "\n$ ")[1:] {
			command, want, _ := strings.Cut(part, "\n")
			commands++
			got, err := exec.CommandContext(t.Context(), "sh", "-c", here.Replace(command)).CombinedOutput()
			if err != nil {
				t.Errorf("%s: %v", command, err)
			}
			if diff := cmp.Diff(strings.TrimSpace(here.Replace(want)), strings.TrimSpace(string(got))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", command, diff)
			}
		}
	}
	if commands < 10 {
		t.Errorf("%d commands", commands)
	}
}
