package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// answer is what a request was answered.
type answer struct {
	status int
	bytes  int // all of it, the head included
	body   string
}

// exchange sends a request, as it is written, on a connection of its own.
func exchange(addr, request string) (a answer, err error) {
	conn, err := net.DialTimeout("tcp", addr, requestLimit)
	if err != nil {
		return a, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(2 * requestLimit)); err != nil {
		return a, err
	}
	if _, err := io.WriteString(conn, request); err != nil {
		return a, err
	}
	var all bytes.Buffer
	resp, err := http.ReadResponse(bufio.NewReader(io.TeeReader(conn, &all)), nil)
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, all.Len(), string(body)}, err
}

// get is a request without a body, after which the connection closes.
func get(path, host string, lines ...string) string { return request("GET", path, host, lines...) }

func request(method, path, host string, lines ...string) string {
	var more strings.Builder
	for _, line := range lines {
		more.WriteString(line + "\r\n")
	}
	return fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s\r\n", method, path, host, more.String())
}

// override is a header line that has all names go to one address.
func override(addr string) string { return "l5d-dtab: " + everything(addr) }

func everything(addr string) string {
	return "/svc=>/$/inet/" + path(addr)
}

// path is an address as it stands in a name.
func path(addr string) string { return strings.Replace(addr, ":", "/", 1) }
