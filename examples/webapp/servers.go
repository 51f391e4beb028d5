package main

import (
	"errors"
	"net"
	"net/http"
	"net/netip"

	"github.com/meshhop/meshhop/proxy/serve"
)

// server is a handler behind a listener.
type server struct {
	*serve.Server
	listener net.Listener
}

func newServer(l net.Listener, h http.Handler) server {
	return server{serve.New(h, serve.Config{}), l}
}

// run accepts connections until the server is shut down.
func (s server) run() error { return s.Serve(s.listener) }

// listen listens on all addresses or on none.
func listen(addrs ...string) (all []net.Listener, err error) {
	for _, addr := range addrs {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			return nil, errors.Join(err, closeAll(all))
		}
		all = append(all, l)
	}
	return all, nil
}

func closeAll(listeners []net.Listener) (err error) {
	for _, l := range listeners {
		err = errors.Join(err, l.Close())
	}
	return err
}

func addrOf(l net.Listener) netip.AddrPort { return l.Addr().(*net.TCPAddr).AddrPort() }
