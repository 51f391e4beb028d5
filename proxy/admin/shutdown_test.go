package admin_test

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy/admin"
	draining "github.com/meshhop/meshhop/proxy/serve"
)

func TestShutdown(t *testing.T) {
	for _, row := range []struct {
		query string
		grace time.Duration
	}{
		{"", 10 * time.Second},
		{"?other=1s", 10 * time.Second},
		{"?grace=1500ms", 1500 * time.Millisecond},
		{"?grace=0s", 0},
		{"?grace=0", 0},
		{"?grace=5.seconds", 5 * time.Second},
		{"?grace=" + url.QueryEscape("1.minute + 30.seconds"), 90 * time.Second},
		{"?grace=" + url.QueryEscape("1.hour-30.minutes"), 30 * time.Minute},
		{"?grace=2.days", 48 * time.Hour},
		{"?grace=3.milliseconds&grace=nonsense", 3 * time.Millisecond},
	} {
		t.Run(row.query, func(t *testing.T) {
			called := make(chan time.Duration, 2)
			s := serve(t, admin.Config{Shutdown: func(grace time.Duration) { called <- grace }})
			for range 2 {
				if got := s.do(t, "POST", "/admin/shutdown"+row.query, ""); got.status != 200 || got.body != "quitting\n" {
					t.Errorf("status %d, body %q", got.status, got.body)
				}
			}
			if got := <-called; got != row.grace {
				t.Errorf("grace %v, want %v", got, row.grace)
			}
			s.Close() // all that was asked for has been done
			if len(called) > 0 {
				t.Error("shut down twice")
			}
		})
	}
}

func TestShutdownRefused(t *testing.T) {
	s := serve(t, admin.Config{Shutdown: func(time.Duration) { t.Error("shut down") }})
	for _, row := range []struct {
		name, query string
		header      []string
		status      int
		body        string
	}{
		{name: "empty", query: "?grace=", status: 400, body: "could not parse 'grace' parameter:  is not a valid duration"},
		{name: "no unit", query: "?grace=5", status: 400, body: "could not parse 'grace' parameter: 5 is not a valid duration"},
		{name: "unknown unit", query: "?grace=5.fortnights", status: 400, body: "could not parse 'grace' parameter: 5.fortnights is not a valid duration"},
		{name: "negative", query: "?grace=-5s", status: 400, body: "could not parse 'grace' parameter: -5s is not a valid duration"},
		{name: "negative sum", query: "?grace=1.second-2.seconds", status: 400, body: "could not parse 'grace' parameter: 1.second-2.seconds is not a valid duration"},
		{name: "too long a time", query: "?grace=106752.days", status: 400, body: "could not parse 'grace' parameter: 106752.days is not a valid duration"},
		{name: "too long a sum", query: "?grace=106751.days%2B106751.days", status: 400, body: "could not parse 'grace' parameter: 106751.days+106751.days is not a valid duration"},
		{name: "no operator", query: "?grace=1.second2.seconds", status: 400, body: "could not parse 'grace' parameter: 1.second2.seconds is not a valid duration"},
		{name: "long text", query: "?grace=" + strings.Repeat("1.second%2B", 1000), status: 400, body: "could not parse 'grace' parameter: a text of 9000 bytes is not a valid duration"},
		{name: "another site", header: []string{"Sec-Fetch-Site", "cross-site"}, status: 403},
		{name: "another origin", header: []string{"Origin", "http://evil.example"}, status: 403},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := s.do(t, "POST", "/admin/shutdown"+row.query, "", row.header...)
			if got.status != row.status || row.body != "" && got.body != row.body {
				t.Errorf("status %d, body %q; want %d, %q", got.status, got.body, row.status, row.body)
			}
		})
	}
}

// TestShutdownOfItsOwnServer: the answer arrives although the shutdown waits
// for the very server that sends it.
func TestShutdownOfItsOwnServer(t *testing.T) {
	var server *draining.Server
	ended := make(chan error, 1)
	a, err := admin.New(admin.Config{Shutdown: func(grace time.Duration) {
		ctx, cancel := context.WithTimeout(context.Background(), grace)
		defer cancel()
		ended <- server.Shutdown(ctx)
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Retire(nil) })
	server = draining.New(a, draining.Config{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Post("http://"+l.Addr().String()+"/admin/shutdown?grace=30s", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK || !resp.Close {
		t.Errorf("status %d, the connection closes: %v", resp.StatusCode, resp.Close)
	}
	if err := <-ended; err != nil {
		t.Errorf("shutdown: %v", err)
	}
	if err := <-served; err != nil {
		t.Errorf("serve: %v", err)
	}
}
