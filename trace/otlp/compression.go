package otlp

import "github.com/meshhop/meshhop/trace/internal/post"

// Compression is whether bodies are compressed with gzip.
type Compression = post.Compression

const (
	// Automatic compresses unless the endpoint's host is "localhost" or an
	// address of this machine's loopback, where it would only cost time.
	Automatic = post.Automatic
	// Compressed always compresses.
	Compressed = post.Compressed
	// Uncompressed never does.
	Uncompressed = post.Uncompressed
)
