package main

import (
	"fmt"
	"os/exec"
)

func haproxyCommand(_ *scene, addr, backend string, file func(string, string) (string, error)) (*exec.Cmd, error) {
	name, err := file("haproxy.cfg", fmt.Sprintf(haproxyConfig, addr, backend))
	return exec.Command("haproxy", "-db", "-f", name), err
}

// One thread, connections that are kept on both sides, and room for long heads.
const haproxyConfig = `global
  nbthread 1
  maxconn 4096
  tune.bufsize 65536
defaults
  mode http
  http-reuse always
  timeout connect 5s
  timeout client 1m
  timeout server 1m
  timeout http-keep-alive 1m
frontend web
  bind %[1]s
  default_backend attacked
backend attacked
  server only %[2]s
`
