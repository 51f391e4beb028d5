package post

import (
	"fmt"
	"net/netip"
	"strings"
)

// Compression is whether bodies are compressed with gzip.
type Compression uint8

const (
	// Automatic compresses unless the endpoint's host is "localhost" or an
	// address of this machine's loopback, where it would only cost time.
	Automatic Compression = iota
	// Compressed always compresses.
	Compressed
	// Uncompressed never does.
	Uncompressed
)

// CompressionOf reads a configuration: "gzip", "none", or "auto", the default.
func CompressionOf(name string) (Compression, error) {
	switch name {
	case "", "auto":
		return Automatic, nil
	case "gzip":
		return Compressed, nil
	case "none":
		return Uncompressed, nil
	}
	return 0, fmt.Errorf("unknown Compression %.100q", name)
}

// compresses decides for a host.
func (c Compression) compresses(host string) (bool, error) {
	switch c {
	case Automatic:
		return !loopback(host), nil
	case Compressed:
		return true, nil
	case Uncompressed:
		return false, nil
	default:
		return false, fmt.Errorf("unknown Compression %d", c)
	}
}

func loopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
