package h1_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
)

// echo says what it got, and does what the path says.
func echo(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/probe":
		_, _ = io.WriteString(w, "probed")
		return
	case "/ignore":
		_, _ = io.WriteString(w, "ignored")
		return
	case "/duplex": // which leaves the body to the server
		_ = http.NewResponseController(w).EnableFullDuplex()
		_, _ = io.WriteString(w, "duplex")
		return
	case "/empty":
		return
	case "/large":
		_, _ = w.Write(make([]byte, 5000))
		return
	case "/large-counted":
		w.Header().Set("Content-Length", "5000")
		_, _ = w.Write(make([]byte, 5000))
		return
	case "/flush":
		_, _ = io.WriteString(w, "a")
		w.(http.Flusher).Flush()
		_, _ = io.WriteString(w, "b")
		return
	case "/short":
		w.Header().Set("Content-Length", "5")
		_, _ = io.WriteString(w, "abc")
		return
	case "/long":
		w.Header().Set("Content-Length", "2")
		if _, err := io.WriteString(w, "abc"); err != http.ErrContentLength {
			panic(err)
		}
		_, _ = io.WriteString(w, "ab")
		return
	case "/trailers":
		w.Header().Set("Trailer", "X-One, x-two, Content-Length")
		_, _ = io.WriteString(w, "body")
		w.Header().Set("X-One", "1")
		w.Header().Set("X-Two", "2")
		w.Header().Set("Content-Length", "3")
		return
	case "/late-trailers":
		_, _ = io.WriteString(w, "body")
		w.(http.Flusher).Flush()
		w.Header().Set(http.TrailerPrefix+"X-Late", "3")
		return
	case "/close":
		w.Header().Set("Connection", "close")
	case "/connection":
		w.Header().Set("Connection", "x-hop, keep-alive")
	case "/coding":
		w.Header().Set("Transfer-Encoding", "chunked")
	case "/identity":
		w.Header().Set("Transfer-Encoding", "identity")
	case "/both":
		w.Header().Set("Transfer-Encoding", "chunked")
		w.Header().Set("Content-Length", "3")
	case "/hints":
		w.Header().Set("Link", "</a>")
		w.WriteHeader(103)
		w.WriteHeader(100)
	case "/expect-nothing":
		w.WriteHeader(401)
		return
	case "/early":
		w.WriteHeader(200)
		w.(http.Flusher).Flush()
	case "/bad-fields":
		w.Header()["X Y"] = []string{"1"}
		w.Header()["X-Split"] = []string{" a\r\nB: c\x00 "}
		w.Header()["content-length"] = []string{"7"}
	case "/bad-length":
		w.Header().Set("Content-Length", "-5")
	case "/lower-close":
		w.Header()["connection"] = []string{"close"}
	case "/abort":
		panic(http.ErrAbortHandler)
	case "/abort-late":
		_, _ = io.WriteString(w, "part")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	case "/twice":
		w.WriteHeader(202)
		w.WriteHeader(203)
	case "/late-header":
		w.Header().Set("X-Early", "1")
		w.WriteHeader(200)
		w.Header().Set("X-Late", "1")
	}
	if code, ok := strings.CutPrefix(r.URL.Path, "/status/"); ok {
		n, _ := strconv.Atoi(code)
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Content-Length", "4")
		w.WriteHeader(n)
		_, err := io.WriteString(w, "body")
		if (err != nil) != (n == 204 || n == 304) {
			panic(err)
		}
		return
	}
	body, err := io.ReadAll(r.Body)
	var names []string
	for name, values := range r.Header {
		names = append(names, name+"="+strings.Join(values, "+"))
	}
	for name, values := range r.Trailer {
		names = append(names, "trailer "+name+"="+strings.Join(values, "+"))
	}
	slices.Sort(names)
	w.Header()["Content-Type"] = nil
	fmt.Fprintf(w, "%s %s host=%s path=%s length=%d coding=%v close=%v %v body=%q", r.Method, r.RequestURI, r.Host, r.URL.Path, r.ContentLength, r.TransferEncoding, r.Close, names, body)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		io.WriteString(w, " late")
	case err != nil:
		io.WriteString(w, " broken")
	}
}
