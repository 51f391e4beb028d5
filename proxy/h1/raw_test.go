package h1_test

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/proxy/h1"
)

// discard is the log of net/http's server.
var discard = log.New(io.Discard, "", 0)

var update = flag.Bool("update", false, "write testdata/raw.txt")

// TestRaw holds both servers to what testdata/raw.txt says of each row. Where they differ,
// the row says why.
func TestRaw(t *testing.T) {
	const name = "raw.txt"
	ours := start(t, h1.New(h1.Config{Handler: http.HandlerFunc(echo)}))
	theirs := start(t, &http.Server{Handler: http.HandlerFunc(echo), DisableGeneralOptionsHandler: true, ErrorLog: discard})
	var all strings.Builder
	for _, r := range allRows(t) {
		mine, yours := conversation(t, ours, r, func() {}), inOrder(conversation(t, theirs, r, func() {}))
		got, other := strings.Join(mine, "\n    "), strings.Join(yours, "\n    ")
		fmt.Fprintf(&all, "%s\n    %s\n", r.name, got)
		switch {
		case got == other && r.why != "":
			t.Errorf("%s: net/http does the same: %s", r.name, got)
		case got == other:
		case differInText(mine, yours) && (r.why == "" || r.why == refusals):
			all.WriteString("  net/http refuses it in other words\n")
		case r.why == "":
			t.Errorf("%s: no reason is given why net/http differs:\n    %s\nand not\n    %s", r.name, other, got)
		default:
			fmt.Fprintf(&all, "  net/http differs: %s\n    %s\n", r.why, other)
		}
		all.WriteString("\n")
	}
	compare(t, filepath.Join("testdata", name), all.String())
}

// conversation is the conversation of a row. It is had again if the server ended with a reset,
// or not at all: that may happen if this process did not run for some time.
// begins is called before each.
func conversation(t *testing.T, addr string, r row, begins func()) (responses []string) {
	for range 3 {
		begins()
		responses = talk(t, addr, r.bytes, strings.Fields(r.methods)...)
		if last := responses[len(responses)-1]; last != "reset" && last != unended {
			break
		}
	}
	return responses
}

// inOrder makes a reset an end in order: net/http's server resets some connections that it
// refuses, if more has arrived meanwhile.
func inOrder(responses []string) []string {
	for i, r := range responses {
		if r == "reset" {
			responses[i] = "closed"
		} else if text, rest, ok := strings.Cut(r, " (read tcp "); ok && strings.HasSuffix(rest, "reset by peer)") {
			responses[i] = text
		}
	}
	return responses
}

// allRows are the rows of all classes. Their names differ.
func allRows(t testing.TB) []row {
	all := slices.Concat(rows, lineRows(), fieldRows(), lengthRows(), codingRows(), chunkRows(), sequenceRows())
	seen := map[string]bool{}
	for _, r := range all {
		if seen[r.name] {
			t.Fatalf("two rows %q", r.name)
		}
		seen[r.name] = true
	}
	return all
}

// differInText reports whether conversations are the same but for the text of the same
// refusals.
func differInText(a, b []string) bool {
	return !slices.Equal(a, b) && slices.EqualFunc(a, b, func(a, b string) bool {
		return a == b || len(a) > 12 && len(b) > 12 && a[:12] == b[:12] && a[9] >= '4' // HTTP/1.1 400
	})
}

// compare holds what was said of rows, which empty lines separate, to what a file says.
func compare(t *testing.T, path, all string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(all), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) == all {
		return
	}
	before, now := strings.Split(string(want), "\n\n"), strings.Split(all, "\n\n")
	for i := range max(len(before), len(now)) {
		if i >= len(before) || i >= len(now) {
			t.Fatalf("%s has %d rows, there are %d: -update", path, len(before), len(now))
		} else if before[i] != now[i] {
			t.Errorf("got\n%s\nwant\n%s", now[i], before[i])
		}
	}
}
