package h1_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/proxy/h1"
)

// TestLastResponseIsRead: a client that goes on sending reads the last response, and the end
// of the connection after it, which is no reset: one would take the response away from many.
func TestLastResponseIsRead(t *testing.T) {
	addr := start(t, h1.New(h1.Config{Handler: http.HandlerFunc(echo)}))
	for _, row := range []struct{ request, status string }{
		{"GET / HTTP/1.1\r\n\r\n", "400 Bad Request"},
		{"GET / HTTP/3.0\r\n" + host + "\r\n", "505 HTTP Version Not Supported"},
		{"GET / HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", "200 OK"},
		{"POST /ignore HTTP/1.1\r\n" + host + "Content-Length: 900000\r\n\r\n", "200 OK"},
		{postChunk + "\r\nx\r\n", "200 OK"},
		{postThree + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "200 OK"},
	} {
		c := dial(t, addr)
		c.send(row.request + strings.Repeat("more", 16<<10)) // more than the server reads at once
		resp, _ := c.response("GET")
		if resp.Status != row.status || !resp.Close {
			t.Errorf("%q: %s, close %v", row.request, resp.Status, resp.Close)
		}
		c.wantEnd()
	}
}
