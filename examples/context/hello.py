"""A service in the middle, in Python: it asks another service on behalf of each
request, and sends the l5d-ctx-* headers of that request along.

    http_proxy=127.0.0.1:4140 python3 hello.py 127.0.0.1:7777 world

http_proxy is the outgoing router, with or without a scheme. Python 3.7 or newer;
nothing but its standard library.
"""
import http.client
import http.server
import os
import sys

proxy = os.environ.get("http_proxy", "127.0.0.1:4140").split("://")[-1].rstrip("/")


# forwarding: all that the mesh asks of a service
def forwarded(request):
    return [(k, v) for k, v in request.items() if k.lower().startswith("l5d-ctx-")]


def ask(service, request_headers):
    mesh = http.client.HTTPConnection(proxy, timeout=10)
    mesh.putrequest("GET", "http://%s/" % service)
    for name, value in forwarded(request_headers):
        mesh.putheader(name, value)
    mesh.endheaders()
    # end of forwarding
    try:
        response = mesh.getresponse()
        return response.status, response.read().decode()
    finally:
        mesh.close()


class Hello(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    service = "world"

    def do_GET(self):
        try:
            status, text = ask(self.service, self.headers)
        except (OSError, http.client.HTTPException) as err:
            status, text = 503, str(err)
        if status == 200:
            text = "Hello (%s) %s!" % (self.connection.getsockname()[0], text)
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    Hello.service = sys.argv[2]
    server = http.server.ThreadingHTTPServer((host, int(port)), Hello)
    print("serving on %s:%d" % server.server_address, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
