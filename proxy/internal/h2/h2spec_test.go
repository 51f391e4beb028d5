package h2_test

import (
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"testing"

	"github.com/meshhop/meshhop/proxy/internal/h2"
)

// TestH2Spec runs h2spec, if the environment variable H2SPEC names its program, against the
// server: all of its tests must pass.
func TestH2Spec(t *testing.T) {
	program := os.Getenv("H2SPEC")
	if program == "" {
		t.Skip("H2SPEC names no program")
	}
	addr, _ := start(t, h2.Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // or the response could be first
		_, _ = w.Write([]byte("hello, world"))
	})})
	host, port, _ := net.SplitHostPort(addr)
	out, err := exec.Command(program, "--host", host, "--port", port, "--strict").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	} else {
		t.Logf("%s", out[max(0, len(out)-200):])
	}
}
