package h1_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/cputime"
	"github.com/meshhop/meshhop/router/h1"
)

const benchHead = "HTTP/1.1 200 OK\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nServer: bench\r\nContent-Type: text/plain\r\n" +
	"Cache-Control: no-cache\r\nEtag: \"abc\"\r\nX-Request-Id: 0123456789abcdef\r\nVary: Accept-Encoding\r\nContent-Length: "

// benchServer responds to each request with size bytes. It does not allocate.
func benchServer(tb testing.TB, size int) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { l.Close() })
	response := []byte(benchHead + strconv.Itoa(size) + "\r\n\r\n" + strings.Repeat("x", size))
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go benchRespond(conn, response)
		}
	}()
	return l.Addr().String()
}

func benchRespond(conn net.Conn, response []byte) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	for {
		left := 0
		for {
			line, err := r.ReadSlice('\n')
			if err != nil {
				return
			}
			if length, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
				left, _ = strconv.Atoi(string(bytes.TrimSpace(length)))
			}
			if len(line) == 2 {
				break
			}
		}
		if _, err := r.Discard(left); err != nil {
			return
		}
		if _, err := conn.Write(response); err != nil {
			return
		}
	}
}

// both runs f with our transport and with that of net/http, with one server.
func both(b *testing.B, size int, f func(b *testing.B, rt http.RoundTripper, url string)) {
	addr := benchServer(b, size)
	ours, err := h1.New(h1.Config{Addr: addr})
	if err != nil {
		b.Fatal(err)
	}
	defer ours.Close()
	std := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 1024}
	defer std.CloseIdleConnections()
	for _, c := range []struct {
		name string
		rt   http.RoundTripper
	}{{"h1", ours}, {"nethttp", std}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			runtime.GC()
			before := cputime.Used()
			f(b, c.rt, "http://"+addr+"/a/b?c=d")
			b.ReportMetric(float64(cputime.Used()-before)/float64(b.N), "cpu-ns/op")
		})
	}
}

func benchRequest(b *testing.B, method, url string, body io.Reader) *http.Request {
	req, err := http.NewRequestWithContext(b.Context(), method, url, body)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("L5d-Ctx-Trace", "abcdabcdabcdabcdabcdabcdabcdabcd")
	req.Header.Set("L5d-Dst-Service", "/svc/web")
	req.Header.Set("X-Forwarded-For", "127.0.0.1")
	req.Header.Set("Accept", "*/*")
	return req
}

func benchDo(b *testing.B, rt http.RoundTripper, req *http.Request, buf []byte) {
	resp, err := rt.RoundTrip(req)
	if err != nil {
		b.Error(err)
		return
	}
	for err == nil {
		_, err = resp.Body.Read(buf)
	}
	if err != io.EOF {
		b.Error(err)
	}
	resp.Body.Close()
}

func BenchmarkGet(b *testing.B) {
	both(b, 1024, func(b *testing.B, rt http.RoundTripper, url string) {
		req, buf := benchRequest(b, "GET", url, nil), make([]byte, 4096)
		for b.Loop() {
			benchDo(b, rt, req, buf)
		}
	})
}

func BenchmarkGetParallel(b *testing.B) {
	both(b, 1024, func(b *testing.B, rt http.RoundTripper, url string) {
		b.SetParallelism(32)
		b.RunParallel(func(pb *testing.PB) {
			req, buf := benchRequest(b, "GET", url, nil), make([]byte, 4096)
			for pb.Next() {
				benchDo(b, rt, req, buf)
			}
		})
	})
}

func BenchmarkPostInMemory(b *testing.B) {
	body := bytes.Repeat([]byte("y"), 1024)
	both(b, 128, func(b *testing.B, rt http.RoundTripper, url string) {
		b.SetParallelism(32)
		b.RunParallel(func(pb *testing.PB) {
			req, buf := benchRequest(b, "POST", url, bytes.NewReader(body)), make([]byte, 4096)
			for pb.Next() {
				req.Body, _ = req.GetBody()
				benchDo(b, rt, req, buf)
			}
		})
	})
}

func BenchmarkPostStreamed(b *testing.B) {
	body := bytes.Repeat([]byte("y"), 1024)
	both(b, 128, func(b *testing.B, rt http.RoundTripper, url string) {
		b.SetParallelism(32)
		b.RunParallel(func(pb *testing.PB) {
			req, buf := benchRequest(b, "POST", url, nil), make([]byte, 4096)
			req.ContentLength = int64(len(body))
			for pb.Next() {
				req.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body)))
				benchDo(b, rt, req, buf)
			}
		})
	})
}

func BenchmarkGetLarge(b *testing.B) {
	const size = 1 << 20
	both(b, size, func(b *testing.B, rt http.RoundTripper, url string) {
		b.SetBytes(size)
		req, buf := benchRequest(b, "GET", url, nil), make([]byte, 32<<10)
		for b.Loop() {
			benchDo(b, rt, req, buf)
		}
	})
}
