package h1_test

import (
	"fmt"
	"strings"
)

// Requests after which another one follows, or does not.
const (
	firstGet  = "GET /first HTTP/1.1\r\n" + host + "\r\n"
	nextGet   = "GET /next HTTP/1.1\r\n" + host + "\r\n"
	postThree = "POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\n"
	postChunk = "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n"
	threeEnds = "3\r\nabc\r\n0\r\n\r\n"
)

// mistakes are requests after which there must not be another, whatever follows.
var mistakes = []struct{ name, bytes string }{
	{"no Host", "GET / HTTP/1.1\r\n\r\n"},
	{"two Hosts", "GET / HTTP/1.1\r\n" + host + "Host: other\r\n\r\n"},
	{"a bad Host", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
	{"a bad escape", "GET /100% HTTP/1.1\r\n" + host + "\r\n"},
	{"a bad target", "GET a HTTP/1.1\r\n" + host + "\r\n"},
	{"a bad version", "GET / HTTP/1.x\r\n" + host + "\r\n"},
	{"HTTP/2.0", "GET / HTTP/2.0\r\n" + host + "\r\n"},
	{"a bad method", "G@T / HTTP/1.1\r\n" + host + "\r\n"},
	{"two spaces", "GET  / HTTP/1.1\r\n" + host + "\r\n"},
	{"a bad name", "GET / HTTP/1.1\r\n" + host + "A B: 1\r\n\r\n"},
	{"a bad value", "GET / HTTP/1.1\r\n" + host + "A: \x00\r\n\r\n"},
	{"no colon", "GET / HTTP/1.1\r\n" + host + "A\r\n\r\n"},
	{"a bad length", "POST / HTTP/1.1\r\n" + host + "Content-Length: x\r\n\r\n"},
	{"two lengths", "POST / HTTP/1.1\r\n" + host + "Content-Length: 0\r\nContent-Length: 5\r\n\r\n"},
	{"an unknown coding", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip\r\n\r\n"},
	{"another expectation", "GET / HTTP/1.1\r\n" + host + "Expect: tea\r\n\r\n"},
	{"a forbidden Trailer", postChunk + "Trailer: Host, Content-Length\r\n\r\n0\r\n\r\n"},
	{"1001 fields", "GET / HTTP/1.1\r\n" + host + manyNames(1000) + "\r\n"},
	{"a bad chunk", postChunk + "\r\nx\r\n"},
	{"a bad chunk end", postChunk + "\r\n3\r\nabcXX0\r\n\r\n"},
	{"a bad trailer", postChunk + "\r\n0\r\nA B: 1\r\n\r\n"},
	{"a bad chunk that nobody reads", "POST /ignore HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nx\r\n"},
	{"a bad trailer that nobody reads", "POST /ignore HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\nA B: 1\r\n\r\n"},
	{"a coding and a length", postThree + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
	{"a coding and a length that nobody reads", "POST /ignore HTTP/1.1\r\n" + host + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
	{"Connection: close", "GET / HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n"},
	{"Connection: close with a body", postThree + "Connection: close\r\n\r\nabc"},
	{"HTTP/1.0", "GET / HTTP/1.0\r\n" + host + "\r\n"},
	{"HTTP/1.0 with a coding", "POST / HTTP/1.0\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
	{"a huge body that nobody reads", "POST /ignore HTTP/1.1\r\n" + host + "Content-Length: 300000\r\n\r\n"},
	{"a huge chunked body that nobody reads", "POST /ignore HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("fa0\r\n"+strings.Repeat("x", 4000)+"\r\n", 100) + "0\r\n\r\n"},
	{"an expectation that is not met", "POST /expect-nothing HTTP/1.1\r\n" + host + "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n"},
	{"HTTP/0.9", "GET /\r\n"},
	{"five empty lines", "\r\n\r\n\r\n\r\n\r\n"},
	{"an LF", "\n"},
	{"a space", " "},
	{"a NUL", "\x00"},
	{"a line of fields", "A: 1\r\n"},
	{"rubbish", "\x01\x02\x03\r\n"},
	{"a bare LF in the line", "GET / HTTP/1.1\n"},
}

// methodsWithBoth are request lines with which a length and a coding stand together.
var methodsWithBoth = []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FROB"}

// cuts are requests that are cut off: each at the places after which a client may end.
var cuts = []struct {
	bytes  string
	places []int
}{
	{"GET /a HTTP/1.1\r\nHost: web\r\nA: b\r\n\r\n", []int{1, 3, 4, 5, 6, 7, 11, 14, 15, 16, 17, 19, 21, 22, 23, 26, 27, 28, 29, 31, 34, 35}},
	{postThree + "\r\nabc", []int{17, 28, 45, 46, 47, 48, 49, 50, 51, 52}},
	{postChunk + "\r\n3;x\r\nabc\r\n0\r\nX-A: 1\r\n\r\n", []int{57, 58, 59, 60, 61, 62, 63, 65, 66, 67, 68, 69, 70, 71, 72, 75, 78, 79, 80, 81}},
}

// whySequences are the reasons of those rows in which net/http's server differs.
var whySequences = map[string]string{
	"after a good one, 1001 fields, and another":                             "a head has at most 1000 lines",
	"after a good one, a bad trailer, and another":                           trailers,
	"after a good one, a bad trailer that nobody reads, and another":         trailers,
	"after a good one, a coding and a length, and another":                   both,
	"after a good one, a coding and a length that nobody reads, and another": both,
	"after a good one, HTTP/1.0 with a coding, and another":                  noTE10,
	"1 empty lines between two":                                              crlf,
	"2 empty lines between two":                                              crlf,
	"3 empty lines between two":                                              crlf,
	"4 empty lines between two":                                              crlf,
	"an LF after a body":                                                     "one LF too much is no empty line",
	"a body without a length":                                                "a part of a request is answered, however short it is",
	"Expect: an empty line and another":                                      "all lines of Expect count",
	"Expect: and a length and a coding":                                      both,
	"Upgrade: with both":                                                     both,
	"the preface of HTTP/2 after a request":                                  preface,
	"Trailer: with a blank":                                                  trailers,
	"Trailer: with an at sign":                                               trailers,
	"Trailer: with a high byte":                                              trailers,
	"full duplex: nothing is read":                                           drains,
	"full duplex: nothing is read of chunks":                                 drains,
	"full duplex: nothing is read of a request":                              drains,
	"full duplex: a bad chunk":                                               breaks,
	"full duplex: a bad chunk end":                                           breaks,
}

func sequenceRows() (all []row) {
	add := func(name, bytes, methods string) { all = append(all, row{name, bytes, methods, whySequences[name]}) }
	for _, m := range mistakes {
		add("after a good one, "+m.name+", and another", firstGet+m.bytes+smuggled, "GET GET GET")
	}
	for _, m := range methodsWithBoth {
		for minor, why := range []string{noTE10, both} {
			name := fmt.Sprintf("%s HTTP/1.%d with a length and a coding", m, minor)
			all = append(all, row{name, fmt.Sprintf("%s / HTTP/1.%d\r\n%sConnection: keep-alive\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n%s", m, minor, host, smuggled), m + " GET", why})
		}
	}
	for i, c := range cuts {
		for _, at := range c.places {
			add(fmt.Sprintf("request %d ends after %d bytes: %q", i+1, at, c.bytes[max(at-6, 0):at]), c.bytes[:at], "end")
		}
	}
	for n := range 6 {
		between := "\r\n\r\n\r\n\r\n\r\n"[:2*n]
		add(fmt.Sprintf("%d empty lines between two", n), firstGet+between+nextGet, "GET GET")
	}
	for _, r := range []struct{ name, bytes, methods string }{
		{"an LF after a body", postThree + "\r\nabc\n" + nextGet, "GET GET"},
		{"a byte after a body", postThree + "\r\nabcX" + nextGet, "GET GET"},
		{"a NUL after a body", postThree + "\r\nabc\x00" + nextGet, "GET GET"},
		{"spaces after a body", postThree + "\r\nabc  " + nextGet, "GET GET"},
		{"a body without a length", "POST / HTTP/1.1\r\n" + host + "\r\nabc", "end GET GET"},
		{"a form without a length", "POST / HTTP/1.1\r\n" + host + "Content-Type: application/x-www-form-urlencoded\r\n\r\n" + nextGet, "GET GET"},
		{"ten requests", firstGet + nextGet + nextGet + nextGet + nextGet + nextGet + nextGet + nextGet + nextGet, "GET GET GET GET GET GET GET GET GET"},
		{"HEAD and others", "HEAD /a HTTP/1.1\r\n" + host + "\r\n" + nextGet + "HEAD /b HTTP/1.1\r\n" + host + "\r\n" + nextGet, "HEAD GET HEAD GET"},
		{"bodies of both kinds", postThree + "\r\nabc" + postChunk + "\r\n" + threeEnds + postThree + "\r\ndef" + nextGet, "GET GET GET GET"},
		{"a body of zero, and another", "POST / HTTP/1.1\r\n" + host + "Content-Length: 0\r\n\r\n" + nextGet, "GET GET"},
		{"HTTP/1.0 kept, and another", "GET / HTTP/1.0\r\n" + host + "Connection: keep-alive\r\n\r\n" + nextGet, "GET GET"},
		{"HTTP/1.0 kept by the first line of two", "GET / HTTP/1.0\r\n" + host + "Connection: keep-alive\r\nConnection: X-A\r\n\r\n" + nextGet, "GET GET"},
		{"HTTP/1.0 kept and closed in two lines", "GET / HTTP/1.0\r\n" + host + "Connection: close\r\nConnection: keep-alive\r\n\r\n" + nextGet, "GET GET"},
		{"HTTP/1.0 with a body, kept, and another", "POST / HTTP/1.0\r\n" + host + "Connection: keep-alive\r\nContent-Length: 3\r\n\r\nabc" + nextGet, "GET GET"},

		{"full duplex: nothing is read", "POST /duplex HTTP/1.1\r\n" + host + "Content-Length: 3\r\n\r\nabc" + nextGet, "GET GET"},
		{"full duplex: nothing is read of chunks", "POST /duplex HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n" + threeEnds + nextGet, "GET GET"},
		{"full duplex: nothing is read of a request", fmt.Sprintf("POST /duplex HTTP/1.1\r\n"+host+"Content-Length: %d\r\n\r\n", len(smuggled)) + smuggled + nextGet, "GET GET"},
		{"full duplex: a bad chunk", "POST /duplex HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nx\r\n" + smuggled, "GET GET"},
		{"full duplex: a bad chunk end", "POST /duplex HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcXX" + smuggled, "GET GET"},
		{"full duplex: a bad trailer", "POST /duplex HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\nA B: 1\r\n\r\n" + smuggled, "GET GET"},
		{"full duplex: much more than is read", "POST /duplex HTTP/1.1\r\n" + host + "Content-Length: 400000\r\n\r\n" + smuggled, "GET GET"},
		{"full duplex: a coding and a length", "POST /duplex HTTP/1.1\r\n" + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled, "GET GET"},
		{"full duplex: half a body", "POST /duplex HTTP/1.1\r\n" + host + "Content-Length: 5\r\n\r\nabc", "end"},

		{"Trailer: with others", postChunk + "Trailer: X-A, ,x-b\r\nTrailer: X-C\r\n\r\n0\r\nX-B: 1\r\nX-D: 2\r\n\r\n" + nextGet, "GET GET"},
		{"Trailer: with a blank", postChunk + "Trailer: X-A X-B\r\n\r\n0\r\n\r\n" + nextGet, "GET GET"},
		{"Trailer: with an at sign", postChunk + "Trailer: X@A\r\n\r\n0\r\n\r\n" + nextGet, "GET GET"},
		{"Trailer: with a high byte", postChunk + "Trailer: X-A, \xc3\xa4\r\n\r\n0\r\n\r\n" + nextGet, "GET GET"},
		{"Trailer: Transfer-Encoding", postChunk + "Trailer: X-A, transfer-encoding\r\n\r\n0\r\n\r\n" + nextGet, "GET GET"},
		{"Trailer: Trailer", postChunk + "Trailer: trailer\r\n\r\n0\r\n\r\n" + nextGet, "GET GET"},
		{"Trailer: Host and Connection", postChunk + "Trailer: Host, Connection\r\n\r\n0\r\nHost: other\r\nConnection: close\r\n\r\n" + nextGet, "GET GET"},

		{"Expect: in mixed case", postThree + "Expect: 100-CONTINUE\r\n\r\nabc", ""},
		{"Expect: in a list", postThree + "Expect: 100-continue, tea\r\n\r\nabc", ""},
		{"Expect: in two lines", postThree + "Expect: 100-continue\r\nExpect: 100-continue\r\n\r\nabc", ""},
		{"Expect: another line", postThree + "Expect: 100-continue\r\nExpect: tea\r\n\r\nabc", ""},
		{"Expect: with a parameter", postThree + "Expect: 100-continue;a=b\r\n\r\nabc", ""},
		{"Expect: in quotes", postThree + "Expect: \"100-continue\"\r\n\r\nabc", ""},
		{"Expect: 200-ok", "GET / HTTP/1.1\r\n" + host + "Expect: 200-ok\r\n\r\n", ""},
		{"Expect: 100", postThree + "Expect: 100\r\n\r\nabc", ""},
		{"Expect: blanks", postThree + "Expect: \t \r\n\r\nabc", ""},
		{"Expect: an empty line and another", postThree + "Expect:\r\nExpect: 100-continue\r\n\r\nabc", ""},
		{"Expect: with a body of zero", "POST / HTTP/1.1\r\n" + host + "Content-Length: 0\r\nExpect: 100-continue\r\n\r\n", ""},
		{"Expect: with trailers", postChunk + "Expect: 100-continue\r\nTrailer: X-A\r\n\r\n3\r\nabc\r\n0\r\nX-A: 1\r\n\r\n", ""},
		{"Expect: and another request", postThree + "Expect: 100-continue\r\n\r\nabc" + nextGet, "GET GET"},
		{"Expect: and a bad chunk", postChunk + "Expect: 100-continue\r\n\r\nx\r\n" + nextGet, "GET GET"},
		{"Expect: and a length and a coding", postThree + "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n0\r\n\r\n" + nextGet, "GET GET"},
		{"Expect: and no body comes", postThree + "Expect: 100-continue\r\n\r\n", "end"},
		{"Expect: and half a body comes", postThree + "Expect: 100-continue\r\n\r\na", "end"},
		{"Expect: and a body that nobody reads", "POST /ignore HTTP/1.1\r\n" + host + "Content-Length: 3\r\nExpect: 100-continue\r\n\r\nabc" + nextGet, "GET GET"},

		{"Upgrade: with a body", postThree + "Connection: upgrade\r\nUpgrade: x\r\n\r\nabc" + nextGet, "GET GET"},
		{"Upgrade: with a chunked body", postChunk + "Connection: upgrade\r\nUpgrade: x\r\n\r\n" + threeEnds + nextGet, "GET GET"},
		{"Upgrade: with both", postThree + "Transfer-Encoding: chunked\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n0\r\n\r\n" + nextGet, "GET GET"},
		{"Upgrade: without Connection", "GET / HTTP/1.1\r\n" + host + "Upgrade: x\r\n\r\n" + nextGet, "GET GET"},
		{"Upgrade: only in Connection", "GET / HTTP/1.1\r\n" + host + "Connection: upgrade\r\n\r\n" + nextGet, "GET GET"},
		{"Upgrade: and close", "GET / HTTP/1.1\r\n" + host + "Connection: upgrade, close\r\nUpgrade: x\r\n\r\n" + nextGet, "GET GET"},
		{"Upgrade: in HTTP/1.0", "GET / HTTP/1.0\r\n" + host + "Connection: upgrade\r\nUpgrade: x\r\n\r\n" + nextGet, "GET GET"},
		{"Upgrade: h2c", "GET / HTTP/1.1\r\n" + host + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n" + nextGet, "GET GET"},
		{"Upgrade: h2c with a body", postThree + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\nabc" + nextGet, "GET GET"},
		{"Upgrade: websocket, refused", "GET / HTTP/1.1\r\n" + host + "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 777\r\nSec-WebSocket-Key: nf6dB8Pb/BLinZ7UexUXHg==\r\n\r\n" + nextGet, "GET GET"},
		{"Upgrade: two protocols", "GET / HTTP/1.1\r\n" + host + "Connection: upgrade\r\nUpgrade: a, b/2\r\nUpgrade: c\r\n\r\n" + nextGet, "GET GET"},

		{"CONNECT and another", "CONNECT web:443 HTTP/1.1\r\n" + host + "\r\n" + nextGet, "CONNECT- GET"},
		{"CONNECT with a body", "CONNECT web:443 HTTP/1.1\r\n" + host + "Content-Length: 3\r\n\r\nabc" + nextGet, "CONNECT- GET"},
		{"CONNECT with a chunked body", "CONNECT web:443 HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n" + threeEnds + nextGet, "CONNECT- GET"},
		{"CONNECT with early TLS", "CONNECT web:443 HTTP/1.1\r\n" + host + "\r\n\x16\x03\x01\x00\x05hello", "CONNECT-"},
		{"the preface of HTTP/2 after a request", firstGet + "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET GET"},
		{"TRACE with a body", "TRACE / HTTP/1.1\r\n" + host + "Content-Length: 3\r\n\r\nabc" + nextGet, "GET GET"},
		{"OPTIONS * with a body", "OPTIONS * HTTP/1.1\r\n" + host + "Content-Length: 3\r\n\r\nabc" + nextGet, "GET GET"},
		{"DELETE with a chunked body", "DELETE / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n" + threeEnds + nextGet, "GET GET"},
		{"HEAD with a chunked body", "HEAD / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n" + threeEnds + nextGet, "HEAD GET"},
	} {
		add(r.name, r.bytes, r.methods)
	}
	return all
}
