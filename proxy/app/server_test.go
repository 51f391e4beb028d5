package app

import (
	"context"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/proxy/internal/servetest"
	"github.com/meshhop/meshhop/proxy/serve"
)

// TestServerFlag: -server says who speaks HTTP in every server of a configuration, whatever
// the program says; without the flag the program does.
func TestServerFlag(t *testing.T) {
	const file = "admin: {port: 0, httpIdentifierPort: 0}\nrouters:\n- protocol: http\n  servers: [{port: 0}, {port: 0, ip: 127.0.0.1}]\n"
	for _, row := range []struct {
		name   string
		engine serve.Engine // of the program
		flags  []string
		want   serve.Engine
	}{
		{"the default", serve.H1, nil, serve.H1},
		{"h1", serve.H1, []string{"-server", "h1"}, serve.H1},
		{"net/http", serve.H1, []string{"-server", "net/http"}, serve.NetHTTP},
		{"the program's", serve.NetHTTP, nil, serve.NetHTTP},
		{"h1 instead of the program's", serve.NetHTTP, []string{"-server", "h1"}, serve.H1},
	} {
		t.Run(row.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			p := &running{t: t, out: new(output), err: new(output), cancel: cancel, status: make(chan int, 1)}
			o := Options{Args: append(append([]string{"run"}, row.flags...), "-"), Build: config.BuildOptions{Engine: row.engine}, Stdin: strings.NewReader(file), Stdout: p.out, Stderr: p.err}
			go func() { p.status <- newProgram(o).main(ctx) }()
			t.Cleanup(p.stop)
			waitFor(t, "ready", func() bool { return strings.HasSuffix(p.out.String(), "ready\n") })
			addresses := 0
			for line := range strings.Lines(p.out.String()) {
				if what, addr, ok := strings.Cut(strings.TrimSpace(line), "http://"); ok {
					addresses++
					if got := engineAt(t, addr); got != row.want {
						t.Errorf("%s is %s, want %s", what, got, row.want)
					}
				}
			}
			if addresses != 4 {
				t.Errorf("%d servers in %s", addresses, p.out)
			}
		})
	}
}

// engineAt finds out who speaks HTTP at an address: our server says when it refuses.
func engineAt(t *testing.T, addr string) serve.Engine {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(conn, "GET /%zz HTTP/1.1\r\nHost: web\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") {
		t.Errorf("%q, %v", answer, err)
	}
	if strings.Contains(string(answer), "\r\nDate: ") {
		return serve.H1
	}
	return serve.NetHTTP
}

// TestRefusedEarly: what our server refuses before it is a request is in the metrics, in the
// access log and on the page of requests.
func TestRefusedEarly(t *testing.T) {
	if servetest.Engine(t) == serve.NetHTTP {
		t.Skip("net/http: differs, it answers by itself and tells nobody but the counter")
	}
	log := write(t, "")
	p := start(t, "run", write(t, "admin: {port: 0}\ntelemetry: [{kind: io.l5d.prometheus}]\nrouters:\n- protocol: http\n  httpAccessLog: "+log+"\n  accessLogScope: request\n  servers: [{port: 0}]\n"))
	at, admin := p.addr("router http"), "http://"+p.addr("admin")
	engineAt(t, at)
	name := "127.0.0.1/0"
	waitFor(t, "a line in the access log", func() bool {
		text, err := os.ReadFile(log)
		return err == nil && strings.Contains(string(text), `web 127.0.0.1 - - [`) && strings.Contains(string(text), `"GET /%zz HTTP/1.1" 400 `)
	})
	_, metrics := get(t, "", admin+"/admin/metrics/prometheus", nil)
	if want := `meshhop_server_heads_refused_total{reason="malformed",rt="http",server="` + name + `"} 1`; !strings.Contains(metrics, want) {
		t.Errorf("no %s in\n%s", want, metrics)
	}
	if _, page := get(t, "", admin+"/requests?format=json", nil); !strings.Contains(page, "/%zz") {
		t.Errorf("not on the page: %s", page)
	}
}
