package main

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// However the bytes arrive, the messages are the same.
func TestMessages(t *testing.T) {
	body := strings.Repeat("x", 200<<10) // more than the buffers hold
	text := "HTTP/1.1 200 OK\r\ncontent-LENGTH: 204800\r\n\r\n" + body + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
	for about, from := range map[string]io.Reader{
		"at once":          strings.NewReader(text),
		"byte by byte":     iotest.OneByteReader(strings.NewReader(text)),
		"with the end":     iotest.DataErrReader(strings.NewReader(text)),
		"in halves of all": iotest.HalfReader(strings.NewReader(text)),
	} {
		t.Run(about, func(t *testing.T) {
			m := message{from: from}
			for _, want := range []int{200 << 10, 2} {
				head, err := m.head()
				if err != nil {
					t.Fatal(err)
				}
				length, err := bodyLength(head)
				if err != nil || length != want {
					t.Fatalf("length %d (%v), want %d", length, err, want)
				}
				if err := m.skip(len(head) + length); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := m.head(); err != io.EOF {
				t.Errorf("after the last message: %v", err)
			}
		})
	}
	if _, err := (&message{from: strings.NewReader(strings.Repeat("y", 9<<10))}).head(); err == nil {
		t.Error("a head without an end is accepted")
	}
}
