package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
)

func nginxCommand(_ *scene, addr, backend string, file func(string, string) (string, error)) (*exec.Cmd, error) {
	name, err := file("nginx.conf", "")
	if err != nil {
		return nil, err
	}
	if name, err = file("nginx.conf", fmt.Sprintf(nginxConfig, filepath.Dir(name), addr, backend)); err != nil {
		return nil, err
	}
	return exec.Command("nginx", "-p", filepath.Dir(name), "-c", name), nil
}

// One process, connections that are kept on both sides, and no log.
const nginxConfig = `daemon off;
master_process off;
pid %[1]s/nginx.pid;
error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path %[1]s/body;
  proxy_temp_path %[1]s/proxy;
  fastcgi_temp_path %[1]s/fastcgi;
  uwsgi_temp_path %[1]s/uwsgi;
  scgi_temp_path %[1]s/scgi;
  keepalive_requests 1000000000;
  upstream attacked {
    server %[3]s;
    keepalive 1024;
    keepalive_requests 1000000000;
  }
  server {
    listen %[2]s;
    location / {
      proxy_pass http://attacked;
      proxy_http_version 1.1;
      proxy_buffering off;
      proxy_buffer_size 32k;
      proxy_buffers 8 32k;
      proxy_set_header Host $host;
      proxy_set_header Connection "";
    }
  }
}
`
