package hostcheck_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/hostcheck"
)

// ask sends a request as it is to a server with a check, and returns the
// response's status and body.
func ask(t *testing.T, config hostcheck.Config, request string) (status int, body string) {
	t.Helper()
	handler, err := hostcheck.New(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "served")
	}), config)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(handler)
	defer s.Close()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(request, " ")
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// TestHosts: which are served for GET by a server on loopback, and for POST by
// every server.
func TestHosts(t *testing.T) {
	names := []string{"admin.example", "Ops.Example.", "l5d"}
	for _, row := range []struct {
		host   string // as it stands in the header
		served bool
	}{
		{"127.0.0.1:9990", true},
		{"127.0.0.1", true},
		{"127.0.0.1.", true},
		{"127.0.0.1.:9990", true},
		{"127.0.0.1:", true},
		{"10.1.2.3:9990", true},
		{"[::1]:9990", true},
		{"[::1]", true},
		{"[::ffff:127.0.0.1]:9990", true},
		{"[2001:DB8::1]:9990", true},
		{"[fe80::1%25eth0]:9990", true},
		{"localhost:9990", true},
		{"localhost", true},
		{"LOCALHOST:9990", true},
		{"localhost.:9990", true},
		{"admin.example:9990", true},
		{"Admin.Example", true},
		{"admin.example.", true},
		{"ops.example", true},
		{"L5D:80", true},

		{"evil.example:9990", false},
		{"evil.example", false},
		{"localhost.evil.example", false},
		{"evil.localhost", false},
		{"127.0.0.1.evil.example", false},
		{"admin.example.evil.example", false},
		{"evil.admin.example", false},
		{"localhost..", false},
		{".localhost", false},
		{"localhost@evil.example", false},
		{"user@127.0.0.1:9990", false},
		{"user:secret@localhost", false},
		{"127.0.0.1:9990@evil.example", false},
		{"localhost:99x", false},
		{"localhost:-1", false},
		{"evil.example:127.0.0.1", false},
		{"::1", false},
		{"[::1", false},
		{"::1]", false},
		{"[127.0.0.1]", false},
		{"[localhost]", false},
		{"[::1]evil.example", false},
		{"[::1].evil.example:80", false},
		{"127.1", false},
		{"2130706433", false},
		{"0x7f.0.0.1", false},
		{"0177.0.0.1", false},
		{"127.0.0.1,evil.example", false},
		{"evil.example, localhost", false},
		{"localhost/evil", false},
		{"%6cocalhost", false},
		{".", false},
		{":9990", false},
		{"[]", false},
		{strings.Repeat("a", 300), false},
	} {
		for _, method := range []string{"GET", "POST"} {
			request := method + " / HTTP/1.1\r\nHost: " + row.host + "\r\nContent-Length: 0\r\n\r\n"
			status, body := ask(t, hostcheck.Config{Addr: "127.0.0.1:9990", Names: names, Setting: "admin.hosts"}, request)
			switch {
			case status == http.StatusBadRequest && !row.served: // net/http's own word
			case status == 200 && row.served && body == "served":
			case status == 403 && !row.served && strings.Contains(body, "admin.hosts") && strings.Count(body, "\n") == 1 && len(body) < 512:
			default:
				t.Errorf("%s of Host %q: %d %q", method, row.host, status, body)
			}
		}
	}
}

// TestRequests: what the place, the method and Origin decide, in raw requests.
func TestRequests(t *testing.T) {
	const (
		loopback  = "127.0.0.1:9990"
		elsewhere = "0.0.0.0:9990"
	)
	for _, row := range []struct {
		name, addr, request string
		status              int
	}{
		{"reads of a strange Host", loopback, "GET / HTTP/1.1\nHost: evil.example\n\n", 403},
		{"elsewhere", elsewhere, "GET / HTTP/1.1\nHost: evil.example\n\n", 200},
		{"HEAD elsewhere", elsewhere, "HEAD / HTTP/1.1\nHost: evil.example\nConnection: close\n\n", 200},
		{"OPTIONS elsewhere", elsewhere, "OPTIONS / HTTP/1.1\nHost: evil.example\n\n", 200},
		{"at an address of the machine", "192.0.2.1:9990", "GET / HTTP/1.1\nHost: evil.example\n\n", 200},
		{"IPv6 loopback", "[::1]:9990", "GET / HTTP/1.1\nHost: evil.example\n\n", 403},
		{"mapped loopback", "[::ffff:127.0.0.2]:9990", "GET / HTTP/1.1\nHost: evil.example\n\n", 403},
		{"localhost", "localhost:9990", "GET / HTTP/1.1\nHost: evil.example\n\n", 403},
		{"all interfaces", ":9990", "GET / HTTP/1.1\nHost: evil.example\n\n", 200},
		{"the connection's address", "", "GET / HTTP/1.1\nHost: evil.example\n\n", 403},
		{"the connection's address, trusted", "", "GET / HTTP/1.1\nHost: localhost\n\n", 200},

		{"writes of a strange Host", elsewhere, "POST / HTTP/1.1\nHost: evil.example\nContent-Length: 0\n\n", 403},
		{"PUT", elsewhere, "PUT / HTTP/1.1\nHost: evil.example\nContent-Length: 0\n\n", 403},
		{"DELETE", elsewhere, "DELETE / HTTP/1.1\nHost: evil.example\n\n", 403},
		{"a method of nobody's", elsewhere, "get / HTTP/1.1\nHost: evil.example\n\n", 403},
		{"writes to an address", elsewhere, "POST / HTTP/1.1\nHost: 192.0.2.7:9990\nContent-Length: 0\n\n", 200},
		{"writes to a name that is trusted", elsewhere, "POST / HTTP/1.1\nHost: ops.example\nContent-Length: 0\n\n", 200},

		{"Origin is Host", loopback, "POST / HTTP/1.1\nHost: 127.0.0.1:9990\nOrigin: http://127.0.0.1:9990\nContent-Length: 0\n\n", 200},
		{"in other letters", loopback, "POST / HTTP/1.1\nHost: LOCALHOST.:9990\nOrigin: http://localhost:9990\nContent-Length: 0\n\n", 200},
		{"the default port", loopback, "POST / HTTP/1.1\nHost: localhost:80\nOrigin: http://localhost\nContent-Length: 0\n\n", 200},
		{"no port", loopback, "POST / HTTP/1.1\nHost: localhost\nOrigin: https://localhost:443\nContent-Length: 0\n\n", 200},
		{"IPv6", loopback, "POST / HTTP/1.1\nHost: [::1]:9990\nOrigin: http://[::1]:9990\nContent-Length: 0\n\n", 200},
		{"Origin of another site", loopback, "POST / HTTP/1.1\nHost: 127.0.0.1:9990\nOrigin: http://evil.example\nContent-Length: 0\n\n", 403},
		{"of another port", loopback, "POST / HTTP/1.1\nHost: 127.0.0.1:9990\nOrigin: http://127.0.0.1:8080\nContent-Length: 0\n\n", 403},
		{"of another scheme's port", loopback, "POST / HTTP/1.1\nHost: localhost:80\nOrigin: https://localhost\nContent-Length: 0\n\n", 403},
		{"null", loopback, "POST / HTTP/1.1\nHost: 127.0.0.1:9990\nOrigin: null\nContent-Length: 0\n\n", 403},
		{"empty", loopback, "POST / HTTP/1.1\nHost: 127.0.0.1:9990\nOrigin: \nContent-Length: 0\n\n", 403},
		{"with a name before it", loopback, "POST / HTTP/1.1\nHost: localhost\nOrigin: http://localhost@localhost\nContent-Length: 0\n\n", 403},
		{"two, one of them right", loopback, "POST / HTTP/1.1\nHost: localhost\nOrigin: http://localhost\nOrigin: http://evil.example\nContent-Length: 0\n\n", 403},
		{"a rebound page", loopback, "POST / HTTP/1.1\nHost: evil.example:9990\nOrigin: http://evil.example:9990\nSec-Fetch-Site: same-origin\nContent-Length: 0\n\n", 403},
		{"a rebound page elsewhere", elsewhere, "POST / HTTP/1.1\nHost: evil.example:9990\nOrigin: http://evil.example:9990\nSec-Fetch-Site: same-origin\nContent-Length: 0\n\n", 403},
		{"reads of another site's page", loopback, "GET / HTTP/1.1\nHost: 127.0.0.1:9990\nOrigin: http://evil.example\n\n", 200}, // which cannot see the response

		{"no Host in HTTP/1.0", loopback, "GET / HTTP/1.0\n\n", 200},
		{"no Host in HTTP/1.0, elsewhere", elsewhere, "GET / HTTP/1.0\n\n", 200},
		{"no Host in HTTP/1.0, writing", loopback, "POST / HTTP/1.0\nContent-Length: 0\n\n", 403},
		{"no Host in HTTP/1.1", loopback, "GET / HTTP/1.1\n\n", 400},
		{"two Hosts", loopback, "GET / HTTP/1.1\nHost: localhost\nHost: evil.example\n\n", 400},
		{"the same Host twice", loopback, "GET / HTTP/1.1\nHost: localhost\nHost: localhost\n\n", 400},
		{"a target with another host", loopback, "GET http://evil.example/ HTTP/1.1\nHost: localhost\n\n", 403},
		{"a target with a user", loopback, "GET http://localhost@evil.example/ HTTP/1.1\nHost: localhost\n\n", 403},
		{"a target of ours", loopback, "GET http://localhost:9990/ HTTP/1.1\nHost: localhost:9990\n\n", 200},
	} {
		t.Run(row.name, func(t *testing.T) {
			config := hostcheck.Config{Addr: row.addr, Names: []string{"ops.example"}, Setting: "admin.hosts"}
			if status, body := ask(t, config, strings.ReplaceAll(row.request, "\n", "\r\n")); status != row.status {
				t.Errorf("%d %q, want %d", status, body, row.status)
			}
		})
	}
}

// TestNobodyTells: a handler outside a server knows no address.
func TestNobodyTells(t *testing.T) {
	handler, err := hostcheck.New(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), hostcheck.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for method, status := range map[string]int{"GET": 200, "POST": 403} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), method, "http://somewhere.example/", nil))
		if w.Code != status {
			t.Errorf("%s: %d, want %d", method, w.Code, status)
		}
	}
}

func TestNames(t *testing.T) {
	for _, name := range []string{"", ".", "a b", "a:80", "a:", "http://a", "127.0.0.1", "[::1]", "::1", "*", "*.example", "a/b", "u@a", strings.Repeat("a", 256)} {
		_, err := hostcheck.New(http.NotFoundHandler(), hostcheck.Config{Names: []string{"fine", name}})
		var wrong *hostcheck.NameError
		if !errors.As(err, &wrong) || wrong.Index != 1 || wrong.Name != name {
			t.Errorf("%q: %v", name, err)
		}
		if err != nil && len(err.Error()) > 200 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	}
}

func ExampleNew() {
	pages := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "pages") })
	handler, err := hostcheck.New(pages, hostcheck.Config{Addr: "127.0.0.1:9990", Setting: "admin.hosts"})
	if err != nil {
		panic(err)
	}
	for _, url := range []string{"http://127.0.0.1:9990/", "http://rebound.example:9990/"} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("GET", url, nil))
		fmt.Println(w.Code, strings.TrimSpace(w.Body.String()))
	}
	// Output:
	// 200 pages
	// 403 This server does not answer to the Host "rebound.example:9990", which a page of another site could have sent: use an IP address or localhost, or list the name in admin.hosts.
}

// FuzzHost: what is served on loopback is an address, localhost or a name that
// is trusted, as net/url reads a Host.
func FuzzHost(f *testing.F) {
	for _, seed := range []string{"localhost", "127.0.0.1:80", "[::1]:80", "a.example.", "u@localhost", "[::1%25eth0]", "a:b:c"} {
		f.Add(seed)
	}
	handler, err := hostcheck.New(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), hostcheck.Config{Addr: "127.0.0.1:1", Names: []string{"a.example"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, host string) {
		if host == "" {
			return
		}
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = host
		handler.ServeHTTP(w, r)
		if w.Code != 200 {
			return
		}
		lower := strings.ToLower(host)
		if at := strings.LastIndexByte(lower, ':'); at >= 0 && !strings.HasSuffix(lower, "]") {
			lower = lower[:at]
		}
		lower = strings.TrimSuffix(lower, ".")
		if ip := strings.TrimSuffix(strings.TrimPrefix(lower, "["), "]"); lower != "localhost" && lower != "a.example" {
			ip, _, _ = strings.Cut(ip, "%")
			if net.ParseIP(ip) == nil {
				t.Errorf("Host %q is served", host)
			}
		}
	})
}
