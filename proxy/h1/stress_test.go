package h1_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy/h1"
)

// TestStress: honest clients get what they asked for while others send rubbish, break off,
// reset, send ahead and do not read. Nothing is left of any of them.
func TestStress(t *testing.T) {
	s := h1.New(h1.Config{MaxHeadBytes: 16 << 10, Handler: http.HandlerFunc(echoBody)})
	all := allRows(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	addr := l.Addr().String()
	end := time.Now().Add(time.Second)
	var running sync.WaitGroup
	transport := &http.Transport{MaxIdleConnsPerHost: 8}
	for i := range 8 {
		running.Go(func() {
			client := &http.Client{Transport: transport}
			random := rand.New(rand.NewPCG(1, uint64(i)))
			for n := 0; time.Now().Before(end); n++ {
				honest(t, client, addr, random, fmt.Sprint(i, "-", n))
			}
		})
		running.Go(func() {
			random := rand.New(rand.NewPCG(2, uint64(i)))
			for time.Now().Before(end) {
				hostile(addr, all, random)
			}
		})
	}
	running.Wait()
	transport.CloseIdleConnections()
	for deadline := time.Now().Add(10 * time.Second); s.Stats().Connections > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("connections are left: %+v", s.Stats())
		}
	}
	stats := s.Stats()
	if stats.Refused == 0 || stats.Requests == 0 {
		t.Errorf("%+v", stats)
	}
	s.Close()
	<-served
}

// honest sends a request with a body of any size and checks that it comes back.
func honest(t *testing.T, client *http.Client, addr string, random *rand.Rand, n string) {
	body := bytes.Repeat([]byte(n), random.IntN(1<<uint(random.IntN(16))))
	var in io.Reader = bytes.NewReader(body)
	if random.IntN(2) == 0 {
		in = io.MultiReader(in) // chunked
	}
	path := "/"
	if random.IntN(20) == 0 {
		path = "/slow"
	}
	resp, err := client.Post("http://"+addr+path+"?n="+n, "text/plain", in)
	if err != nil {
		t.Error(err)
		return
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil || !bytes.Equal(got, body) || resp.Header.Get("X-N") != n {
		t.Errorf("%s: %d bytes of %d, %q, %v", n, len(got), len(body), resp.Header.Get("X-N"), err)
	}
}

// hostile sends a part of something that may be a request, and leaves in some way.
func hostile(addr string, rows []row, random *rand.Rand) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(200 * time.Millisecond))
	text := []byte(strings.Repeat(rows[random.IntN(len(rows))].bytes, 1+random.IntN(3)))
	if random.IntN(3) == 0 && len(text) > 0 {
		text[random.IntN(len(text))] = byte(random.Uint32())
	}
	if random.IntN(3) == 0 {
		text = text[:random.IntN(len(text)+1)]
	}
	if random.IntN(4) == 0 {
		text = bytes.Replace(text, []byte(" / "), []byte(" /slow "), 1)
	}
	_, _ = conn.Write(text)
	switch random.IntN(4) {
	case 0:
		_ = conn.(*net.TCPConn).SetLinger(0)
	case 1:
		_ = conn.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, conn)
	case 2:
		_, _ = io.CopyN(io.Discard, conn, 100)
	}
}
