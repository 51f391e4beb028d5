package h2_test

import (
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/h2wire"
	"github.com/meshhop/meshhop/proxy/internal/h2"
)

// FuzzConn: whatever a connection brings, the server does not panic, and ends the connection
// and its handlers after the client has left. Input is what follows the preface.
func FuzzConn(f *testing.F) {
	for _, row := range rows {
		p := peerOn(f, nil)
		all := h2wire.AppendSettings(nil)
		for _, frame := range row.send(p) {
			all = append(all, frame...)
		}
		f.Add(all)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		s := h2.New(h2.Config{MaxConcurrentStreams: 10, MaxHeaderBytes: 4 << 10, ExtendedConnect: len(in)%2 == 0,
			Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == "" || r.URL == nil || r.Header == nil || r.Proto != "HTTP/2.0" {
					t.Errorf("request %+v", r)
				}
				if r.URL.Path == "" || r.URL.Path == "*" {
					return
				}
				various(w, r)
			})})
		near, far := net.Pipe()
		served := make(chan struct{})
		go func() {
			defer close(served)
			s.ServeConn(near, nil)
		}()
		read := make(chan struct{})
		go func() {
			defer close(read)
			_, _ = io.Copy(io.Discard, far)
		}()
		_ = far.SetWriteDeadline(time.Now().Add(10 * time.Second))
		_, _ = io.WriteString(far, h2wire.Preface)
		_, _ = far.Write(in)
		_ = far.Close()
		<-read
		select {
		case <-served:
		case <-time.After(20 * time.Second):
			panic("the connection does not end")
		}
	})
}
