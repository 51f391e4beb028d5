package traffictest

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// handler does what the path says.
func handler(t testing.TB, waits chan<- struct{}) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "hello") })
	mux.HandleFunc("/status/{code}", func(w http.ResponseWriter, r *http.Request) {
		code, _ := strconv.Atoi(r.PathValue("code"))
		w.WriteHeader(code)
	})
	mux.HandleFunc("/upload", func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	mux.HandleFunc("/large", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(make([]byte, large)) })
	mux.HandleFunc("/pieces", func(w http.ResponseWriter, r *http.Request) {
		for range 10 {
			_, _ = io.WriteString(w, strings.Repeat("x", 1000))
			_ = http.NewResponseController(w).Flush()
		}
	})
	mux.HandleFunc("/hints", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</a>")
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusNotFound)
	})
	mux.HandleFunc("/abort", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "half")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	mux.HandleFunc("/panic", func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) })
	mux.HandleFunc("/wait", func(w http.ResponseWriter, r *http.Request) {
		waits <- struct{}{}
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	})
	mux.HandleFunc("/upgrade", func(w http.ResponseWriter, r *http.Request) {
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
		early, _ := buffered.Reader.Peek(buffered.Reader.Buffered())
		_, _ = conn.Write(early)
		_, _ = io.Copy(conn, conn)
	})
	// The body comes from another TCP connection, and so the kernel can copy it.
	mux.HandleFunc("/relay", func(w http.ResponseWriter, r *http.Request) {
		from, err := net.Dial("tcp", r.Header.Get("From"))
		if err != nil {
			t.Error(err)
			return
		}
		defer from.Close()
		w.Header().Set("Content-Length", r.Header.Get("Size"))
		size, _ := strconv.ParseInt(r.Header.Get("Size"), 10, 64)
		_, _ = w.(io.ReaderFrom).ReadFrom(io.LimitReader(from, size))
	})
	// The tunnel is closed while the kernel copies to the client.
	mux.HandleFunc("/cut", func(w http.ResponseWriter, r *http.Request) {
		from, err := net.Dial("tcp", r.Header.Get("From"))
		if err != nil {
			t.Error(err)
			return
		}
		defer from.Close()
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		copied := make(chan bool)
		go func() {
			defer close(copied)
			_, _ = io.Copy(conn, from)
		}()
		_, _ = buffered.ReadByte() // when the client has all
		conn.Close()
		from.Close()
		<-copied
	})
	// The times of /slow are in a bubble.
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(5 * time.Second)
		_ = http.NewResponseController(w).Flush()
		time.Sleep(7 * time.Second)
		_, _ = io.WriteString(w, "slow")
	})
	return mux
}

const large = 4 << 20
