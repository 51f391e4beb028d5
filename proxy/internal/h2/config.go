package h2

import (
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/meshhop/meshhop/internal/h2wire"
)

// Config says what a [Server] serves. Zero fields mean the defaults.
type Config struct {
	// Handler serves the requests. It is required.
	Handler http.Handler

	// MaxHeaderBytes bounds the header section of a request, and its trailer section, as
	// SETTINGS_MAX_HEADER_LIST_SIZE counts: names, values, and 32 for each field. A request
	// with more is refused with 431. Default 1 MiB.
	MaxHeaderBytes int

	// MaxConcurrentStreams bounds how many requests of a connection are served at a time.
	// Others are reset with REFUSED_STREAM. Default 1000.
	MaxConcurrentStreams uint32

	// StreamWindow is how many bytes of a request's body may come before the handler reads
	// them. Default and least 65535.
	StreamWindow int32

	// ConnWindow is how many bytes of all bodies of a connection together may come before
	// handlers read them. Default 1 MiB; it is never less than StreamWindow.
	ConnWindow int32

	// MaxFrameBytes is how large a frame may be that is read. Default and least 16384.
	MaxFrameBytes int

	// HeaderTableBytes bounds the table by which the peer compresses fields. Default 4096.
	HeaderTableBytes uint32

	// ExtendedConnect allows the CONNECT of RFC 8441. A handler finds the protocol in the
	// header under ":protocol".
	ExtendedConnect bool

	// Refuse answers a request that is refused before the handler gets it, with a status and
	// a reason, which may quote the request. The request has what came of it, and no body. A
	// request that is malformed is reset with PROTOCOL_ERROR in any case: what is written
	// then goes nowhere. If Refuse writes nothing the server answers by itself, with the
	// status alone. Default: the server does so.
	Refuse func(w http.ResponseWriter, r *http.Request, status int, reason error)

	// ConnState is called as that of http.Server is: StateActive when a connection gets its
	// first request, StateIdle when it has none, and StateClosed. Default: nothing is called.
	ConnState func(net.Conn, http.ConnState)

	// HeadTimeout bounds how long the preface takes, and a header section. Default 10 s.
	HeadTimeout time.Duration

	// WriteTimeout bounds how long a write may take, of some 64 KiB at most unless header
	// sections are large. Default 30 s.
	WriteTimeout time.Duration

	// ErrorLog gets the panics of handlers and their mistakes, a few lines a minute.
	// Default: they are not logged.
	ErrorLog *slog.Logger
}

const maxFields = 1000 // of a header section

func (c Config) withDefaults() Config {
	if c.MaxHeaderBytes <= 0 {
		c.MaxHeaderBytes = 1 << 20
	}
	if c.MaxConcurrentStreams == 0 {
		c.MaxConcurrentStreams = 1000
	}
	c.StreamWindow = max(c.StreamWindow, h2wire.DefaultWindow)
	if c.ConnWindow <= 0 {
		c.ConnWindow = 1 << 20
	}
	c.ConnWindow = max(c.ConnWindow, c.StreamWindow)
	c.MaxFrameBytes = min(max(c.MaxFrameBytes, h2wire.MinMaxFrame), h2wire.MaxMaxFrame)
	if c.HeaderTableBytes == 0 {
		c.HeaderTableBytes = 4096
	}
	if c.HeadTimeout <= 0 {
		c.HeadTimeout = 10 * time.Second
	}
	if c.WriteTimeout <= 0 {
		c.WriteTimeout = 30 * time.Second
	}
	if c.ErrorLog == nil {
		c.ErrorLog = slog.New(slog.DiscardHandler)
	}
	if c.ConnState == nil {
		c.ConnState = func(net.Conn, http.ConnState) {}
	}
	return c
}
