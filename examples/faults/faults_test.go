package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// TestMain is also where replicas begin: they are this program.
func TestMain(m *testing.M) {
	if port, is := os.LookupEnv(roleVariable); is {
		if err := playReplica(port, os.Stdin); err != nil {
			fmt.Fprintln(os.Stderr, "replica:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// testServer is the hops' server in the test: go test ./examples/faults -server net/http
var testServer = flag.String("server", "", "the hops' HTTP server, h1 or net/http; default: the binary's")

// TestFaults makes all faults, each for a shorter time than the program does.
func TestFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	var out strings.Builder
	rows, err := run(context.Background(), config{rate: 200, scale: 0.4, server: *testServer}, &out)
	t.Logf("\n%s", out.String())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		for _, text := range r.broken {
			t.Errorf("%s: %s", r.fault.name, text)
		}
	}
}
