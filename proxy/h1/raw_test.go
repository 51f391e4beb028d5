package h1_test

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/proxy/h1"
)

var update = flag.Bool("update", false, "write testdata/raw.txt")

// TestRaw holds both servers to what testdata/raw.txt says of each row. Where they differ,
// the row says why.
func TestRaw(t *testing.T) {
	const name = "raw.txt"
	ours := start(t, h1.New(h1.Config{Handler: http.HandlerFunc(echo)}))
	theirs := start(t, &http.Server{Handler: http.HandlerFunc(echo), DisableGeneralOptionsHandler: true, ErrorLog: log.New(io.Discard, "", 0)})
	var all strings.Builder
	seen := map[string]bool{}
	for _, r := range rows {
		if seen[r.name] {
			t.Fatalf("two rows %q", r.name)
		}
		seen[r.name] = true
		methods := strings.Fields(r.methods)
		got := strings.Join(talk(t, ours, r.bytes, methods...), "\n    ")
		other := strings.Join(talk(t, theirs, r.bytes, methods...), "\n    ")
		fmt.Fprintf(&all, "%s\n    %s\n", r.name, got)
		switch {
		case got == other && r.why != "":
			t.Errorf("%s: net/http does the same: %s", r.name, got)
		case got != other && r.why == "":
			t.Errorf("%s: no reason is given why net/http differs:\n    %s\nand not\n    %s", r.name, other, got)
		case got != other:
			fmt.Fprintf(&all, "  net/http differs: %s\n    %s\n", r.why, other)
		}
		all.WriteString("\n")
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(all.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) == all.String() {
		return
	}
	before, now := strings.Split(string(want), "\n\n"), strings.Split(all.String(), "\n\n")
	for i := range max(len(before), len(now)) {
		if i >= len(before) || i >= len(now) {
			t.Fatalf("%s has %d rows, there are %d: -update", path, len(before), len(now))
		} else if before[i] != now[i] {
			t.Errorf("got\n%s\nwant\n%s", now[i], before[i])
		}
	}
}
