package h2_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/meshhop/meshhop/internal/h2wire"
)

// resetter is what a handler finds behind its ResponseWriter.
type resetter interface{ ResetStream(code uint32) error }

// various is a handler of which each path does something else.
func various(w http.ResponseWriter, r *http.Request) {
	w.Header()["Content-Type"] = []string{"text/plain"}
	switch path, number, _ := strings.Cut(r.URL.Path[1:], "/"); path {
	case "hello":
		_, _ = io.WriteString(w, "hello")
	case "echo":
		_ = http.NewResponseController(w).EnableFullDuplex()
		_ = http.NewResponseController(w).Flush()
		var p [1 << 10]byte
		for {
			n, err := r.Body.Read(p[:])
			_, _ = w.Write(p[:n])
			_ = http.NewResponseController(w).Flush()
			if err != nil {
				return
			}
		}
	case "read":
		body, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%q %v %v", body, err, r.Trailer)
	case "none":
		w.WriteHeader(http.StatusNoContent)
	case "early":
		w.Header().Set("Link", "</a>")
		w.WriteHeader(http.StatusEarlyHints)
		_, _ = io.WriteString(w, "late")
	case "trailers":
		w.Header().Set("Trailer", "X-A")
		_, _ = io.WriteString(w, "body")
		w.Header().Set("X-A", "1")
		w.Header().Set(http.TrailerPrefix+"X-B", "2")
	case "only": // trailers
		w.Header()["Content-Type"] = []string{"application/grpc"}
		w.Header().Set("Grpc-Status", "5")
	case "panic":
		panic(http.ErrAbortHandler)
	case "short":
		w.Header().Set("Content-Length", "10")
		_, _ = io.WriteString(w, "hello")
	case "reset":
		code, _ := strconv.Atoi(number)
		_ = w.(resetter).ResetStream(uint32(code))
	case "large":
		size, _ := strconv.Atoi(number)
		_, _ = w.Write(make([]byte, size))
	case "wait":
		<-r.Context().Done()
		var reset *h2wire.ResetError
		if errors.As(context.Cause(r.Context()), &reset) {
			panic(reset)
		}
	case "show":
		fmt.Fprintf(w, "%s %s %s %s %q %d", r.Method, r.Host, r.RequestURI, r.URL.String(), r.Header["Cookie"], r.ContentLength)
	case "deadline":
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(-time.Second))
		_, err := r.Body.Read(make([]byte, 1))
		fmt.Fprint(w, err)
	}
}
