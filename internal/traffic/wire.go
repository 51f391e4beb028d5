package traffic

import (
	"net"
	"net/http"
)

// A Wire is a connection whose bytes are counted where they go over the network: below TLS.
type Wire struct {
	net.Conn
	Meter *Meter
}

// Read reads, and counts.
func (w *Wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	w.Meter.Read(n)
	return n, err
}

// Write writes, and counts.
func (w *Wire) Write(p []byte) (int, error) {
	n, err := w.Conn.Write(p)
	w.Meter.Wrote(n)
	return n, err
}

// CloseWrite closes the direction to the peer without a word of TLS.
func (w *Wire) CloseWrite() error {
	if half, ok := w.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return http.ErrNotSupported
}
