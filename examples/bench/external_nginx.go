package main

import "context"

func startNginx(ctx context.Context, s site) (*process, string, error) {
	return startServer(ctx, s, nginxConfig, func(file string) []string {
		return []string{"-p", s.dir, "-c", file}
	})
}

// One process, connections that are kept on both sides, no log, and buffers that large answers
// fit into.
const nginxConfig = `daemon off;
master_process off;
pid %[3]s/nginx.pid;
error_log stderr crit;
events { worker_connections 16384; }
http {
  access_log off;
  client_body_temp_path %[3]s/body;
  proxy_temp_path %[3]s/proxy;
  fastcgi_temp_path %[3]s/fastcgi;
  uwsgi_temp_path %[3]s/uwsgi;
  scgi_temp_path %[3]s/scgi;
  keepalive_timeout 1h;
  keepalive_requests 1000000000;
  proxy_buffer_size 16k;
  proxy_buffers 8 64k;
  proxy_busy_buffers_size 128k;
  proxy_max_temp_file_size 0;
  upstream web {
    server %[2]s;
    keepalive 1024;
    keepalive_timeout 1h;
    keepalive_requests 1000000000;
  }
  server {
    listen %[1]s;
    location / {
      proxy_pass http://web;
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header Connection "";
    }
  }
}
`
