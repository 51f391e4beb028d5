package h1_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/router/h1"
)

// parsed is a request as net/http's server reads it.
type parsed struct {
	Method, Target, Host string
	Header               http.Header
	Length               int64
	Encoding             []string
	Close                bool
	Trailer              http.Header
	Body                 string
	Rest                 string // bytes that would be the next request
}

func parse(wire []byte) (p parsed, err error) {
	r := bufio.NewReader(bytes.NewReader(wire))
	req, err := http.ReadRequest(r)
	if err != nil {
		return p, err
	}
	body, err := io.ReadAll(req.Body)
	rest, _ := io.ReadAll(r)
	return parsed{req.Method, req.RequestURI, req.Host, req.Header, req.ContentLength, req.TransferEncoding, req.Close, req.Trailer, string(body), string(rest)}, err
}

// FuzzRequest: whatever the request is, a peer reads the same from our bytes as from those
// of net/http; or we refuse the request.
func FuzzRequest(f *testing.F) {
	f.Add("GET", "/a?b=c", "", "h", "A", "b", "L5d-X", "y", "", int64(0), uint8(0))
	f.Add("POST", "/a b", "/x%2fy", "h:80", "x-a", " b ", "Connection", "close", "hello", int64(5), uint8(1))
	f.Add("PUT", "", "", "[::1%25a]:80", "Expect", "100-continue", "X", "", "hello", int64(-1), uint8(2))
	f.Add("POST", "/", "", "h", "A", "b\r\nC: d", "E", "f", "hello", int64(-1), uint8(3))
	f.Add("DELETE", "/", "", "h", "content-length", "3", "Transfer-Encoding", "chunked", "hello", int64(0), uint8(3))
	f.Add("OPTIONS", "*", "", "", "Trailer", "x", "te", "trailers", "", int64(0), uint8(4))
	f.Fuzz(func(t *testing.T, method, path, opaque, host, name1, value1, name2, value2, body string, length int64, flags uint8) {
		make := func() *http.Request {
			u := &url.URL{Scheme: "http", Host: "url.test", Path: path, Opaque: opaque}
			if flags&16 != 0 {
				u.RawQuery, u.Path = path, "/"
			}
			req := (&http.Request{Method: method, URL: u, Host: host, Header: http.Header{}}).WithContext(context.Background())
			req.Header[name1] = append(req.Header[name1], value1)
			req.Header[name2] = append(req.Header[name2], value2)
			req.Close = flags&8 != 0
			switch flags & 3 {
			case 1:
				req.Body, req.ContentLength = io.NopCloser(bytes.NewReader([]byte(body))), int64(len(body))
				req.GetBody = func() (io.ReadCloser, error) { return nil, errors.New("not expected") }
			case 2:
				req.Body, req.ContentLength = io.NopCloser(onlyReader{bytes.NewReader([]byte(body))}), length
			case 3:
				req.Body, req.ContentLength = io.NopCloser(onlyReader{bytes.NewReader([]byte(body))}), -1
				req.Trailer = http.Header{name1: {value1}}
			}
			return req
		}
		var conn *script
		transport, err := h1.New(h1.Config{ExpectContinueTimeout: 1, Dial: func(context.Context) (net.Conn, error) {
			conn = newScript([]byte(continueAnswer+"HTTP/1.1 204 No Content\r\n\r\n"), len(continueAnswer))
			return &patient{script: conn}, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer transport.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if _, err := transport.RoundTrip(make().WithContext(ctx)); err != nil {
			if ctx.Err() != nil {
				t.Fatalf("the request is not whole: %q", conn.wrote)
			}
			var e *h1.Error
			if !errors.As(err, &e) {
				t.Fatalf("error %#v", err)
			}
			return
		}
		conn.mu.Lock()
		wire := bytes.Clone(conn.wrote)
		conn.mu.Unlock()

		theirs := make()
		if _, set := theirs.Header["User-Agent"]; !set {
			theirs.Header["User-Agent"] = []string{""} // otherwise net/http writes its own
		} else if len(theirs.Header["User-Agent"]) > 1 {
			return // net/http writes only the first
		}
		var reference bytes.Buffer
		if err := theirs.Write(&reference); err != nil {
			if _, gotErr := parse(wire); gotErr == nil {
				t.Fatalf("we write what net/http refuses: %v\n%q", err, wire)
			}
			return // a peer refuses it too, and has responded so
		}
		want, wantErr := parse(reference.Bytes())
		got, gotErr := parse(wire)
		if (wantErr == nil) != (gotErr == nil) {
			t.Fatalf("%v and %v\n%q\n%q", wantErr, gotErr, reference.Bytes(), wire)
		}
		if wantErr != nil {
			return
		}
		for _, p := range []parsed{want, got} {
			for _, values := range p.Header {
				slices.Sort(values) // the order of keys that differ only in case, and of our Connection, is random
			}
			if v := p.Header["Connection"]; len(v) > 1 {
				p.Header["Connection"] = slices.Compact(v) // net/http says close again beside a key in another form
			}
			if v := p.Header["User-Agent"]; len(v) == 1 && v[0] == "" {
				delete(p.Header, "User-Agent") // net/http does not write an empty one
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-net/http +ours) %s\n%q\n%q", diff, reference.Bytes(), wire)
		}
		if got.Rest != "" {
			t.Fatalf("a second request: %q", got.Rest)
		}
	})
}

const continueAnswer = "HTTP/1.1 100 Continue\r\n\r\n"

// patient sends the final response only after a whole request.
type patient struct {
	*script
	continued bool
}

func (p *patient) Read(b []byte) (int, error) {
	p.mu.Lock()
	for p.continued && !p.closed && !whole(p.wrote) {
		p.change.Wait()
	}
	p.mu.Unlock()
	p.continued = true
	return p.script.Read(b)
}

func whole(wire []byte) bool {
	_, err := parse(wire)
	return err == nil || !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF)
}
