package h2client

import (
	"bytes"
	"io"
	"net"
	"testing"
)

// pieces is a connection on which bytes come in pieces of one size.
type pieces struct {
	net.Conn
	from io.Reader
	size int
}

func (p pieces) Read(b []byte) (int, error) { return p.from.Read(b[:min(len(b), p.size)]) }

// FuzzGreeting: whatever a peer says first, and in however many pieces, the verdict is the
// same, there is one, and what was read is passed on unchanged.
func FuzzGreeting(f *testing.F) {
	for _, seed := range []string{
		"", "HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP/", "\x00\x00\x00\x04\x00\x00\x00\x00\x00", "\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x01",
		"\x00\x00\x00\x04\x01\x00\x00\x00\x00", "\xff\xff\xff\x04\x00\x00\x00\x00\x00", "220 mail", "\x15\x03\x01\x00\x02\x02\x28",
	} {
		f.Add([]byte(seed), uint8(3))
	}
	f.Fuzz(func(t *testing.T, said []byte, size uint8) {
		verdict := func(size int) string {
			w := &wire{Conn: pieces{from: bytes.NewReader(said), size: size}, settled: make(chan error, 2)}
			got, err := io.ReadAll(w)
			if err != nil || !bytes.Equal(got, said) {
				t.Fatalf("%q, %v", got, err)
			}
			if n := len(w.settled); n != 1 {
				t.Fatalf("%d verdicts", n)
			}
			if err := <-w.settled; err != nil {
				return err.Error()
			}
			return "a peer"
		}
		whole, parts := verdict(4096), verdict(int(size)+1)
		if (whole == "a peer") != (parts == "a peer") {
			t.Errorf("%q: %s, in pieces: %s", said, whole, parts)
		}
	})
}
