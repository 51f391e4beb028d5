package main

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	// What the binary is made of, or the test command would take an earlier
	// result of another hop for this one's.
	_ "github.com/meshhop/meshhop/proxy/admin"
	_ "github.com/meshhop/meshhop/proxy/config"
)

// TestMain is also where the roles begin: they are this program.
func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		os.Exit(play(role))
	}
	goleak.VerifyTestMain(m)
}
