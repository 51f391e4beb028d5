package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// roleVariable in the environment makes this program something else: its value
// is the role and the role's words.
const roleVariable = "MESHHOP_ATTACKS_ROLE"

// play is this program in a role. It returns the exit status.
func play(role string) int {
	words := strings.Fields(role)
	err := errors.New("no such role")
	if len(words) == 3 && words[0] == "reverseproxy" {
		err = playReverseProxy(words[1], words[2])
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "role %q: %v\n", role, err)
		return 1
	}
	return 0
}

// playReverseProxy is Go's own proxy, set up as most programs set it up.
func playReverseProxy(addr, backend string) error {
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: backend})
	proxy.Transport = &http.Transport{MaxIdleConnsPerHost: 1024, DisableCompression: true}
	proxy.ErrorLog = log.New(io.Discard, "", 0)
	server := &http.Server{Addr: addr, Handler: proxy, ErrorLog: proxy.ErrorLog}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	defer context.AfterFunc(ctx, func() { server.Close() })()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
