package articles

import (
	"net"
	"net/http"
	"testing"

	"github.com/meshhop/meshhop/internal/helloworld"
)

// TestFallback: only a name that is missing leaves its turn to the next. One
// that is there has it, with nobody at home and with somebody who is down; in a
// union it is not left out either. Changes are followed.
func TestFallback(t *testing.T) {
	s := start(t, true)
	c := s.Client("outgoing")
	down := closedPort(t)
	const (
		missing = iota
		empty
		refuses
		up
	)
	put := func(name string, state int) {
		switch state {
		case missing:
			s.remove(name)
		case empty:
			s.write(name)
		case refuses:
			s.write(name, down)
		case up:
			s.service(name, helloworld.Config{Text: name})
		}
	}
	const fallback, nobody = "world moon!!", "l5d-err"
	put("first", empty)
	put("second", empty)
	for _, row := range []struct {
		about         string
		first, second int
		chain         string // first | second | world-v1
		some          string // first & second | world-v1
	}{
		{"neither is there", missing, missing, fallback, fallback},
		{"the second is there", missing, up, "second!", "second!"},
		{"the second is empty", missing, empty, nobody, nobody},
		{"the second is down", missing, refuses, nobody, nobody},
		{"the first is empty", empty, missing, nobody, nobody},
		{"the first is down", refuses, missing, nobody, nobody},
		{"the first is there", up, missing, "first!", "first!"},
		{"neither is there again", missing, missing, fallback, fallback},
	} {
		t.Run(row.about, func(t *testing.T) {
			put("first", row.first)
			put("second", row.second)
			for service, want := range map[string]string{"chain": row.chain, "some": row.some} {
				status := http.StatusOK
				if want == nobody {
					status = http.StatusBadGateway
				}
				s.eventually(c, service, status, want)
			}
		})
		s.write("first")
		s.write("second")
	}
}

// closedPort is an address where connections are refused.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
