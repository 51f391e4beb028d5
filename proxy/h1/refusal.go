package h1

import (
	"fmt"
	"net/http"
	"strconv"
)

// refusal is why a request does not reach the handler, and the status that says so.
type refusal struct {
	status int
	err    error
}

func (r *refusal) Error() string { return r.err.Error() }
func (r *refusal) Unwrap() error { return r.err }

func refuse(status int, format string, args ...any) error {
	return &refusal{status, fmt.Errorf(format, args...)}
}

func badRequest(format string, args ...any) error {
	return refuse(http.StatusBadRequest, format, args...)
}

// refuse writes the response of a refusal, which does not quote the request. The
// connection closes after it.
func (c *conn) refuse(r *refusal) {
	c.server.refused.Add(1)
	text := strconv.Itoa(r.status) + " " + http.StatusText(r.status)
	out := append(c.out[:0], "HTTP/1.1 "...)
	out = append(append(out, text...), "\r\n"...)
	out = c.server.date.append(out)
	out = append(out, "Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\nContent-Length: "...)
	out = strconv.AppendInt(out, int64(len(text)), 10)
	out = append(append(out, "\r\n\r\n"...), text...)
	c.out = out[:0]
	if _, err := c.nc.Write(out); err == nil {
		c.linger()
	}
}
