package helloworld_test

import (
	"net/url"
	"testing"

	"github.com/meshhop/meshhop/internal/helloworld"
	"golang.org/x/net/http/httpproxy"
)

func TestParseProxy(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"127.0.0.1:4140", "http://127.0.0.1:4140"},
		{"gke-node-1:4140", "http://gke-node-1:4140"},
		{"l5d", "http://l5d"},
		{"[::1]:4140", "http://[::1]:4140"},
		{"http://127.0.0.1:4140", "http://127.0.0.1:4140"},
		{"https://l5d:4140", "https://l5d:4140"},
	} {
		u, err := helloworld.ParseProxy(tt.in)
		if err != nil || u.String() != tt.want {
			t.Errorf("ParseProxy(%q) = %v, %v, want %s", tt.in, u, err, tt.want)
			continue
		}
		// Go's own clients must understand the variable in the same way.
		env := httpproxy.Config{HTTPProxy: tt.in}
		standard, err := env.ProxyFunc()(&url.URL{Scheme: "http", Host: "world"})
		if err != nil || standard == nil || standard.String() != tt.want {
			t.Errorf("Go reads %q as %v, %v, want %s", tt.in, standard, err, tt.want)
		}
	}
	if u, err := helloworld.ParseProxy(""); u != nil || err != nil {
		t.Errorf(`ParseProxy("") = %v, %v, want no proxy`, u, err)
	}
	for _, in := range []string{"http://", "://x", "ftp://x:1", "socks5://x:1", "x:port", ":4140", "a b:1", "[::1:4140"} {
		if u, err := helloworld.ParseProxy(in); err == nil {
			t.Errorf("ParseProxy(%q) = %v, want an error", in, u)
		}
	}
}

func FuzzParseProxy(f *testing.F) {
	for _, s := range []string{"", "127.0.0.1:4140", "http://l5d:4140", "[::1]:4140", "://", "a:b:c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := helloworld.ParseProxy(s)
		if err == nil && s != "" && (u == nil || u.Host == "") {
			t.Fatalf("ParseProxy(%q) = %v", s, u)
		}
	})
}
