package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// startBackend starts nginx as the backend where it is installed, or our own. One
// that takes little of the other cores sleeps before each request, whoever sends
// it; one that takes much sleeps more often the slower the candidate is, which
// pays for waking it.
func (l *lab) startBackend(ctx context.Context) (p *process, err error) {
	program, err := exec.LookPath("nginx")
	if err != nil {
		l.backend = "our own"
		return startOwn(ctx, "backend", l.where.others, struct{}{}, &l.backendAddr)
	}
	l.backend = "nginx"
	s := site{program: program, dir: filepath.Join(l.dir, "backend"), on: l.where.others}
	if err := os.Mkdir(s.dir, 0o700); err != nil {
		return nil, err
	}
	for _, n := range bigAnswers() {
		if err := os.WriteFile(filepath.Join(s.dir, fmt.Sprint(n)), bytes.Repeat([]byte("x"), n), 0o600); err != nil {
			return nil, err
		}
	}
	var also strings.Builder // more addresses, for replicas
	for i := range manyReplicas - 1 {
		fmt.Fprintf(&also, "listen 127.0.0.%d:%%[4]s; ", i+2)
	}
	p, l.backendAddr, err = startServer(ctx, s, fmt.Sprintf(nginxBackend, &also, strings.Repeat("x", answerBytes)), func(file string) []string {
		return []string{"-p", s.dir, "-c", file}
	})
	return p, err
}

// The same as for the candidate, with an answer of its own.
const nginxBackend = `daemon off;
master_process off;
pid %%[3]s/nginx.pid;
error_log stderr crit;
events { worker_connections 16384; }
http {
  access_log off;
  client_body_temp_path %%[3]s/body;
  proxy_temp_path %%[3]s/proxy;
  fastcgi_temp_path %%[3]s/fastcgi;
  uwsgi_temp_path %%[3]s/uwsgi;
  scgi_temp_path %%[3]s/scgi;
  sendfile on;
  open_file_cache max=10;
  keepalive_timeout 1h;
  keepalive_requests 1000000000;
  server {
    listen %%[1]s;
    %s
    location ~ ^/[0-9]+$ {
      root %%[3]s;
      default_type text/plain;
    }
    location / {
      default_type text/plain;
      return 200 %s;
    }
  }
}
`
