package app

import (
	"bufio"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/trouble"
)

// TestStandardLog: what net/http's client says of an answer that nobody asked for
// is a line of the hop's log, cut and quoted.
func TestStandardLog(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
					return
				}
				io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 3000)+"\r\n\r\n")
				io.Copy(io.Discard, conn)
			}()
		}
	}()
	out := new(output)
	log.SetFlags(0)
	log.SetOutput(standardLog{new(processLog).logger(out), new(trouble.Lines)})
	defer func() {
		log.SetOutput(os.Stderr)
		log.SetFlags(log.LstdFlags)
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	p := start(t, "run", "-client", "net/http", write(t, "admin: {port: 0}\nrouters: [{protocol: http, dtab: /svc => /$/inet/127.0.0.1/"+port+", servers: [{port: 0}]}]\n"))
	waitFor(t, "the line", func() bool {
		get(t, "", "http://"+p.addr("router http"), nil)
		return strings.Contains(out.String(), "Unsolicited response")
	})
	for line := range strings.Lines(out.String()) {
		if !strings.HasPrefix(line, "time=") || !strings.Contains(line, " level=WARN msg=\"of a library\" text=") || len(line) > 1000 {
			t.Errorf("the line is %q", line)
		}
	}
}

// TestStandardLogIsBounded: peers cannot fill the log.
func TestStandardLogIsBounded(t *testing.T) {
	out := new(output)
	to := standardLog{new(processLog).logger(out), new(trouble.Lines)}
	for range 1000 {
		io.WriteString(to, "unsolicited")
	}
	if n := strings.Count(out.String(), "\n"); n != trouble.MaxLines {
		t.Errorf("%d lines", n)
	}
}
