package h1

import (
	"log/slog"
	"net"
	"net/http"
)

// Config says what a [Server] serves. Zero fields mean the defaults.
type Config struct {
	// Handler serves the requests. It is required.
	Handler http.Handler

	// MaxHeadBytes bounds the request line and the header lines of a request together,
	// and the trailer section of its body. Default 1 MiB.
	MaxHeadBytes int

	// ConnState is called when the state of a connection changes, as that of
	// http.Server is: StateNew, StateActive when the head of a request was read,
	// StateIdle, and StateHijacked or StateClosed. Default: nothing is called.
	ConnState func(net.Conn, http.ConnState)

	// ErrorLog gets the panics of handlers and their mistakes, a few lines a minute.
	// Default: they are not logged.
	ErrorLog *slog.Logger
}

const (
	defaultMaxHeadBytes = 1 << 20
	maxFields           = 1000 // header lines
)

func (c Config) withDefaults() Config {
	if c.MaxHeadBytes <= 0 {
		c.MaxHeadBytes = defaultMaxHeadBytes
	}
	if c.ErrorLog == nil {
		c.ErrorLog = slog.New(slog.DiscardHandler)
	}
	if c.ConnState == nil {
		c.ConnState = func(net.Conn, http.ConnState) {}
	}
	return c
}
