package h1_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	outgoing "github.com/meshhop/meshhop/router/h1"
)

// FuzzReaders: net/http's server and the client of package router/h1 read the same messages
// where this server reads one. Each may refuse more.
func FuzzReaders(f *testing.F) {
	for _, r := range allRows(f) {
		if len(r.bytes) < 4000 {
			f.Add([]byte(r.bytes))
		}
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) <= 6<<10 { // limits of trailers differ
			wantOneReading(t, in)
		}
	})
}

// TestReaders has the seeds of the fuzz target read, and tells how many messages each reader
// compared, so that none of them compares nothing.
func TestReaders(t *testing.T) {
	servers, clients := 0, 0
	for _, r := range allRows(t) {
		if len(r.bytes) < 4000 {
			s, c := wantOneReading(t, []byte(r.bytes))
			servers, clients = servers+s, clients+c
		}
	}
	if servers < 400 || clients < 150 {
		t.Errorf("net/http's server compared %d messages, the client %d", servers, clients)
	}
}

// wantOneReading checks that neither of the others reads a message in another way. It returns
// how many both servers have read, and how many the client and the server.
func wantOneReading(t *testing.T, in []byte) (servers, clients int) {
	our, their := readByOurs(t, in), readByServer(t, in)
	for i := range min(len(our), len(their)) {
		if servers++; our[i] != their[i] {
			if strings.HasSuffix(our[i].body, " broken") && our[i].head == their[i].head {
				break // a chunk that this server refuses, and after which it reads no further
			}
			t.Fatalf("%q: message %d is\n%q and to net/http's server\n%q", in, i, our[i], their[i])
		}
	}
	r := bytes.NewReader(in)
	buffered := bufio.NewReaderSize(r, 64<<10)
	for _, m := range our {
		for empty, _ := buffered.Peek(2); string(empty) == "\r\n"; empty, _ = buffered.Peek(2) {
			_, _ = buffered.Discard(2)
		}
		start := len(in) - r.Len() - buffered.Buffered()
		req, err := http.ReadRequest(buffered)
		if err != nil {
			t.Fatal(err) // FuzzRequests says so, too
		}
		_, framed := req.Header["Content-Length"]
		_, _ = io.Copy(io.Discard, req.Body)
		if !framed && req.TransferEncoding == nil {
			continue // a response would last as long as the connection
		}
		line := bytes.IndexByte(in[start:], '\n') + 1
		got, ok := readByClient(t, req.ProtoMinor, in[start+line:])
		switch want := asResponse(m, in[start+line:]); {
		case !ok:
		case strings.HasSuffix(want.body, " broken") && got.head == want.head:
			return servers, clients + 1 // blanks after a chunk's size are accepted of a backend
		case got != want:
			t.Fatalf("%q: the message at %d is\n%q and to the client\n%q", in, start, want, got)
		default:
			clients++
		}
	}
	return servers, clients
}

// readByServer returns the requests that net/http's server reads of the bytes.
func readByServer(t testing.TB, in []byte) (all []message) {
	l := &one{make(chan net.Conn, 1), make(chan struct{})}
	s := &http.Server{DisableGeneralOptionsHandler: true, ErrorLog: discard, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		all = append(all, readMessage(r))
	})}
	conn := &inMemory{in: bytes.NewReader(in), closed: make(chan struct{})}
	l.conn <- conn
	served := make(chan error)
	go func() { served <- s.Serve(l) }()
	<-conn.closed
	close(l.end)
	if err := <-served; err != net.ErrClosed {
		t.Fatal(err)
	}
	s.Close()
	return all
}

// asResponse is the message that the client should read of the fields and the body of a
// message that the server has read.
func asResponse(m message, in []byte) message {
	head, _, _ := bytes.Cut(in, []byte("\r\n\r\n"))
	header := http.Header{}
	for line := range strings.SplitSeq(string(head), "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		name = http.CanonicalHeaderKey(name)
		header[name] = append(header[name], strings.Trim(value, " \t"))
	}
	return message{shownFields(header), m.body}
}

// shownFields are fields other than those that frame the message.
func shownFields(header http.Header) string {
	header = maps.Clone(header)
	for _, name := range []string{"Transfer-Encoding", "Content-Length", "Trailer"} {
		delete(header, name)
	}
	var fields []string
	for name, values := range header {
		fields = append(fields, fmt.Sprintf("%s: %q", name, values))
	}
	slices.Sort(fields)
	return strings.Join(fields, "; ")
}

// readByClient returns the response that the client of package router/h1 reads of the fields
// and what follows. ok is false if it refuses it.
func readByClient(t testing.TB, minor int, in []byte) (m message, ok bool) {
	conn := &inMemory{in: io.MultiReader(strings.NewReader(fmt.Sprintf("HTTP/1.%d 200 OK\r\n", min(minor, 1))), bytes.NewReader(in)), closed: make(chan struct{})}
	c, err := outgoing.New(outgoing.Config{MaxHeaders: 1000, Dial: func(context.Context) (net.Conn, error) { return conn, nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	req, err := http.NewRequestWithContext(context.Background(), "GET", "http://web/", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.RoundTrip(req)
	if err != nil {
		return m, false
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	m = message{shownFields(resp.Header), fmt.Sprintf("%q", body)}
	if err != nil {
		m.body += " broken"
	}
	return m, true
}
