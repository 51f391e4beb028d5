package main

import "context"

func startHaproxy(ctx context.Context, s site) (*process, string, error) {
	return startServer(ctx, s, haproxyConfig, func(file string) []string {
		return []string{"-db", "-f", file}
	})
}

// One thread, and connections that are kept on both sides.
const haproxyConfig = `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  http-reuse always
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout http-keep-alive 1h
frontend web
  bind %[1]s
  default_backend web
backend web
  server only %[2]s
`
