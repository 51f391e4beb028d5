package h2_test

import (
	"strings"

	"github.com/meshhop/meshhop/internal/h2wire"
)

// A row is what a peer sends after the preface and SETTINGS, and what comes back: the lines
// of each stream in order. Both servers do the same unless ours says that only this one does.
type row struct {
	name string
	send func(*peer) [][]byte
	want []string // "stream line"
	ours bool
}

func frames(all ...[]byte) [][]byte { return all }

const (
	get     = "GET"
	post    = "POST"
	options = "OPTIONS"
)

var rows = []row{
	{"a request", func(p *peer) [][]byte { return frames(p.request(1, get, "/hello", true)) }, []string{"1 200", "1 DATA hello END"}, false},
	{"a request without body and its response without one", func(p *peer) [][]byte { return frames(p.request(1, get, "/none", true)) }, []string{"1 204 END"}, false},
	{"HEAD", func(p *peer) [][]byte { return frames(p.request(1, "HEAD", "/hello", true)) }, []string{"1 200 END"}, false},
	{"two requests", func(p *peer) [][]byte {
		return frames(p.request(1, get, "/hello", true), p.request(5, get, "/none", true))
	}, []string{"1 200", "1 DATA hello END", "5 204 END"}, false},
	{"a body in two frames", func(p *peer) [][]byte {
		return frames(p.request(1, post, "/read", false), h2wire.AppendData(nil, 1, false, []byte("ab")), h2wire.AppendData(nil, 1, true, []byte("c")))
	}, []string{"1 200", `1 DATA "abc" <nil> map[] END`}, false},
	{"a padded body", func(p *peer) [][]byte {
		return frames(p.request(1, post, "/read", false), append(h2wire.AppendHeader(nil, 5, h2wire.Data, h2wire.Padded|h2wire.EndStream, 1), "\x02ab\x00\x00"...))
	}, []string{"1 200", `1 DATA "ab" <nil> map[] END`}, false},
	{"more padding than frame", func(p *peer) [][]byte {
		return frames(p.request(1, post, "/wait", false), append(h2wire.AppendHeader(nil, 3, h2wire.Data, h2wire.Padded, 1), "\x03ab"...))
	}, []string{"0 GOAWAY PROTOCOL_ERROR", "0 closed"}, false},
	{"a body of another length", func(p *peer) [][]byte {
		return frames(p.request(1, post, "/wait", false, "content-length: 3"), h2wire.AppendData(nil, 1, true, []byte("ab")))
	}, []string{"1 RST PROTOCOL_ERROR"}, true},
	{"a body that is too long", func(p *peer) [][]byte {
		return frames(p.request(1, post, "/wait", false, "content-length: 1"), h2wire.AppendData(nil, 1, false, []byte("ab")))
	}, []string{"1 RST PROTOCOL_ERROR"}, false},
	{"content-length without a body", func(p *peer) [][]byte { return frames(p.request(1, post, "/read", true, "content-length: 1")) }, []string{"1 RST PROTOCOL_ERROR"}, true},
	{"trailers that were announced", func(p *peer) [][]byte {
		return frames(p.request(1, post, "/read", false, "trailer: x-t"), h2wire.AppendData(nil, 1, false, []byte("a")), headers(1, h2wire.EndHeaders|h2wire.EndStream, p.head("x-t: 1")))
	}, []string{"1 200", `1 DATA "a" <nil> map[X-T:[1]] END`}, false},
	{"trailers that were not", func(p *peer) [][]byte {
		return frames(p.request(1, post, "/read", false), headers(1, h2wire.EndHeaders|h2wire.EndStream, p.head("x-t: 1")))
	}, []string{"1 200", `1 DATA "" <nil> map[X-T:[1]] END`}, true},
	{"trailers that do not end the stream", func(p *peer) [][]byte {
		return frames(p.request(1, post, "/wait", false), headers(1, h2wire.EndHeaders, p.head("x-t: 1")))
	}, []string{"1 RST PROTOCOL_ERROR"}, true},
	{"a pseudo-header in trailers", func(p *peer) [][]byte {
		return frames(p.request(1, post, "/wait", false), headers(1, h2wire.EndHeaders|h2wire.EndStream, p.head(":path /")))
	}, []string{"1 RST PROTOCOL_ERROR"}, true},
	{"trailers before all of the body", func(p *peer) [][]byte {
		return frames(p.request(1, post, "/wait", false, "content-length: 4"), headers(1, h2wire.EndHeaders|h2wire.EndStream, p.head("x-t: 1")))
	}, []string{"1 RST PROTOCOL_ERROR"}, true},
	{"a response with trailers", func(p *peer) [][]byte { return frames(p.request(1, get, "/trailers", true)) },
		[]string{"1 200", "1 DATA body", "1 trailers x-a=1 x-b=2 END"}, false},
	{"a response of trailers only", func(p *peer) [][]byte { return frames(p.request(1, get, "/only", true)) }, []string{"1 200 END"}, false},
	{"103", func(p *peer) [][]byte { return frames(p.request(1, get, "/early", true)) }, []string{"1 103", "1 200", "1 DATA late END"}, false},
	{"100-continue", func(p *peer) [][]byte {
		return frames(p.request(1, post, "/read", false, "expect: 100-continue"), h2wire.AppendData(nil, 1, true, []byte("a")))
	}, []string{"1 100", "1 200", `1 DATA "a" <nil> map[] END`}, false},
	{"another expectation", func(p *peer) [][]byte { return frames(p.request(1, post, "/hello", true, "expect: gold")) }, []string{"1 417", "1 DATA 417 Expectation Failed END"}, true},
	{"a handler that aborts", func(p *peer) [][]byte { return frames(p.request(1, get, "/panic", true)) }, []string{"1 RST INTERNAL_ERROR"}, false},
	{"a response that is too short", func(p *peer) [][]byte { return frames(p.request(1, get, "/short", true)) }, []string{"1 RST INTERNAL_ERROR"}, true},
	{"a handler that resets", func(p *peer) [][]byte { return frames(p.request(1, get, "/reset/7", true)) }, []string{"1 RST REFUSED_STREAM"}, true},
	{"a handler that cancels", func(p *peer) [][]byte { return frames(p.request(1, get, "/reset/8", false)) }, []string{"1 RST CANCEL"}, true},
	{"a response before the body", func(p *peer) [][]byte { return frames(p.request(1, post, "/hello", false)) },
		[]string{"1 200", "1 DATA hello END", "1 RST NO_ERROR"}, false},
	{"a deadline that has passed", func(p *peer) [][]byte { return frames(p.request(1, post, "/deadline", false)) },
		[]string{"1 200", "1 DATA i/o timeout END", "1 RST NO_ERROR"}, false},
	{"cookies", func(p *peer) [][]byte {
		return frames(p.request(1, get, "/show", true, "cookie: a=1", "cookie: b=2"))
	}, []string{"1 200", `1 DATA GET a.example /show /show ["a=1" "b=2"] 0 END`}, true},
	{"a host field instead of :authority", func(p *peer) [][]byte {
		return frames(headers(1, 5, p.head(":method GET", ":scheme http", ":path /show?", "host: h.example:80")))
	}, []string{"1 200", "1 DATA GET h.example:80 /show? /show? [] 0 END"}, false},
	{"OPTIONS *", func(p *peer) [][]byte { return frames(p.request(1, options, "*", true)) }, []string{"1 200 END"}, true},

	{"a ping", func(p *peer) [][]byte { return frames(h2wire.AppendPing(nil, false, []byte("12345678"))) }, []string{"0 PONG 12345678"}, false},
	{"a frame that nobody knows", func(p *peer) [][]byte {
		return frames(append(h2wire.AppendHeader(nil, 3, 0x77, 0xff, 7), "abc"...), p.request(1, get, "/none", true))
	}, []string{"1 204 END"}, false},
	{"a setting that nobody knows", func(p *peer) [][]byte {
		return frames(h2wire.AppendSettings(nil, h2wire.Setting{ID: 0x99, Value: 1}), p.request(1, get, "/none", true))
	}, []string{"1 204 END"}, false},
	{"CONTINUATION", func(p *peer) [][]byte {
		block := p.head(":method GET", ":scheme http", ":authority a", ":path /none")
		return frames(headers(1, h2wire.EndStream, block[:1]), append(h2wire.AppendHeader(nil, len(block)-1, h2wire.Continuation, h2wire.EndHeaders, 1), block[1:]...))
	}, []string{"1 204 END"}, false},
	{"priority in HEADERS", func(p *peer) [][]byte {
		block := append([]byte{0, 0, 0, 0, 16}, p.head(":method GET", ":scheme http", ":authority a", ":path /none")...)
		return frames(headers(1, h2wire.EndHeaders|h2wire.EndStream|h2wire.HasPriority, block))
	}, []string{"1 204 END"}, false},
	{"GOAWAY of the client", func(p *peer) [][]byte {
		return frames(h2wire.AppendGoAway(nil, 0, h2wire.NoError, "bye"), p.request(1, get, "/none", true))
	}, []string{"1 204 END"}, true},

	{"an upper case name", func(p *peer) [][]byte { return frames(p.request(1, get, "/hello", true, "X-A: 1")) }, []string{"1 RST PROTOCOL_ERROR"}, false},
	{"connection", func(p *peer) [][]byte { return frames(p.request(1, get, "/hello", true, "connection: close")) }, []string{"1 RST PROTOCOL_ERROR"}, true},
	{"proxy-connection", func(p *peer) [][]byte { return frames(p.request(1, get, "/hello", true, "proxy-connection: close")) }, []string{"1 RST PROTOCOL_ERROR"}, true},
	{"keep-alive", func(p *peer) [][]byte { return frames(p.request(1, get, "/hello", true, "keep-alive: 1")) }, []string{"1 RST PROTOCOL_ERROR"}, true},
	{"transfer-encoding", func(p *peer) [][]byte {
		return frames(p.request(1, post, "/hello", true, "transfer-encoding: chunked"))
	}, []string{"1 RST PROTOCOL_ERROR"}, true},
	{"upgrade", func(p *peer) [][]byte { return frames(p.request(1, get, "/hello", true, "upgrade: h2c")) }, []string{"1 RST PROTOCOL_ERROR"}, true},
	{"te: trailers", func(p *peer) [][]byte { return frames(p.request(1, get, "/hello", true, "te: trailers")) }, []string{"1 200", "1 DATA hello END"}, false},
	{"another te", func(p *peer) [][]byte { return frames(p.request(1, get, "/hello", true, "te: chunked, trailers")) }, []string{"1 RST PROTOCOL_ERROR"}, true},
	{"a pseudo-header after a field", func(p *peer) [][]byte {
		return frames(headers(1, 5, p.head(":method GET", "x: 1", ":scheme http", ":path /hello")))
	}, []string{"1 RST PROTOCOL_ERROR"}, false},
	{"two paths", func(p *peer) [][]byte { return frames(p.request(1, get, "/hello", true, ":path /")) }, []string{"1 RST PROTOCOL_ERROR"}, false},
	{"an unknown pseudo-header", func(p *peer) [][]byte {
		return frames(headers(1, 5, p.head(":method GET", ":scheme http", ":path /hello", ":status 200")))
	}, []string{"1 RST PROTOCOL_ERROR"}, false},
	{"no method", func(p *peer) [][]byte { return frames(headers(1, 5, p.head(":scheme http", ":path /"))) }, []string{"1 RST PROTOCOL_ERROR"}, false},
	{"no scheme", func(p *peer) [][]byte { return frames(headers(1, 5, p.head(":method GET", ":path /"))) }, []string{"1 RST PROTOCOL_ERROR"}, true},
	{"an empty path", func(p *peer) [][]byte { return frames(p.request(1, get, "", true)) }, []string{"1 RST PROTOCOL_ERROR"}, false},
	{"a path that is a URL", func(p *peer) [][]byte { return frames(p.request(1, get, "http://b/", true)) }, []string{"1 RST PROTOCOL_ERROR"}, true},
	{"a path with a space", func(p *peer) [][]byte { return frames(p.request(1, get, "/a b", true)) }, []string{"1 RST PROTOCOL_ERROR"}, true},
	{"* and GET", func(p *peer) [][]byte { return frames(p.request(1, get, "*", true)) }, []string{"1 RST PROTOCOL_ERROR"}, true},
	{"an escape that is none", func(p *peer) [][]byte { return frames(p.request(1, get, "/%zz", true)) }, []string{"1 400", "1 DATA 400 Bad Request END"}, true},
	{"no host", func(p *peer) [][]byte { return frames(headers(1, 5, p.head(":method GET", ":scheme http", ":path /"))) }, []string{"1 400", "1 DATA 400 Bad Request END"}, true},
	{"two hosts", func(p *peer) [][]byte { return frames(p.request(1, get, "/hello", true, "host: b.example")) }, []string{"1 RST PROTOCOL_ERROR"}, true},
	{"user information", func(p *peer) [][]byte {
		return frames(headers(1, 5, p.head(":method GET", ":scheme http", ":authority u@a", ":path /")))
	}, []string{"1 RST PROTOCOL_ERROR"}, true},
	{"a control character", func(p *peer) [][]byte { return frames(p.request(1, get, "/hello", true, "x: a\nb")) }, []string{"1 RST PROTOCOL_ERROR"}, false},
	{"a blank before a value", func(p *peer) [][]byte { return frames(p.request(1, get, "/hello", true, "x:  a")) }, []string{"1 RST PROTOCOL_ERROR"}, true},
	{"two lengths", func(p *peer) [][]byte {
		return frames(p.request(1, post, "/hello", false, "content-length: 1", "content-length: 1"))
	}, []string{"1 RST PROTOCOL_ERROR"}, true},
	{"CONNECT with a path", func(p *peer) [][]byte { return frames(p.request(1, "CONNECT", "/", true)) }, []string{"1 RST PROTOCOL_ERROR"}, false},
	{"extended CONNECT that was not allowed", func(p *peer) [][]byte {
		return frames(p.request(1, "CONNECT", "/", true, ":protocol websocket"))
	}, []string{"1 RST PROTOCOL_ERROR"}, true},
	{"a header that is too large", func(p *peer) [][]byte {
		return frames(p.request(1, get, "/hello", true, "x: "+strings.Repeat("a", 9<<10)))
	}, []string{"1 431", "1 DATA 431 Request Header Fields Too Large END"}, true},
	{"too many fields", func(p *peer) [][]byte {
		return frames(p.request(1, get, "/hello", true, strings.Split(strings.Repeat("x: a,", 300), ",")[:300]...))
	}, []string{"1 431", "1 DATA 431 Request Header Fields Too Large END"}, true},

	{"DATA after the end", func(p *peer) [][]byte {
		return frames(p.request(1, post, "/wait", true), h2wire.AppendData(nil, 1, false, []byte("a")))
	}, []string{"1 RST STREAM_CLOSED"}, false},
	{"DATA on an idle stream", func(p *peer) [][]byte { return frames(h2wire.AppendData(nil, 1, false, []byte("a"))) },
		[]string{"0 GOAWAY PROTOCOL_ERROR", "0 closed"}, false},
	{"an update of an idle stream", func(p *peer) [][]byte { return frames(h2wire.AppendWindowUpdate(nil, 1, 1)) },
		[]string{"0 GOAWAY PROTOCOL_ERROR", "0 closed"}, false},
	{"a reset of an idle stream", func(p *peer) [][]byte { return frames(h2wire.AppendReset(nil, 1, 0)) },
		[]string{"0 GOAWAY PROTOCOL_ERROR", "0 closed"}, false},
	{"an even stream", func(p *peer) [][]byte { return frames(p.request(2, get, "/hello", true)) },
		[]string{"0 GOAWAY PROTOCOL_ERROR", "0 closed"}, false},
	{"an older stream", func(p *peer) [][]byte {
		return frames(p.request(5, get, "/wait", true), p.request(3, get, "/none", true))
	},
		[]string{"0 GOAWAY STREAM_CLOSED", "0 closed"}, true},
	{"PUSH_PROMISE", func(p *peer) [][]byte {
		return frames(append(h2wire.AppendHeader(nil, 4, h2wire.PushPromise, 4, 1), 0, 0, 0, 2))
	},
		[]string{"0 GOAWAY PROTOCOL_ERROR", "0 closed"}, false},
	{"CONTINUATION without HEADERS", func(p *peer) [][]byte { return frames(h2wire.AppendHeader(nil, 0, h2wire.Continuation, 4, 1)) },
		[]string{"0 GOAWAY PROTOCOL_ERROR", "0 closed"}, false},
	{"a ping inside of a header block", func(p *peer) [][]byte {
		return frames(headers(1, 0, nil), h2wire.AppendPing(nil, false, []byte("12345678")))
	}, []string{"0 GOAWAY PROTOCOL_ERROR", "0 closed"}, false},
	{"a block that is no HPACK", func(p *peer) [][]byte { return frames(headers(1, 5, []byte{0x80})) },
		[]string{"0 GOAWAY COMPRESSION_ERROR", "0 closed"}, false},
	{"an update of 0", func(p *peer) [][]byte {
		return frames(p.request(1, post, "/wait", false), h2wire.AppendWindowUpdate(nil, 1, 0))
	}, []string{"1 RST PROTOCOL_ERROR"}, false},
	{"a window that is too large", func(p *peer) [][]byte {
		return frames(p.request(1, post, "/wait", false), h2wire.AppendWindowUpdate(nil, 1, 1<<31-1))
	}, []string{"1 RST FLOW_CONTROL_ERROR"}, false},
	{"a window of the connection that is too large", func(p *peer) [][]byte { return frames(h2wire.AppendWindowUpdate(nil, 0, 1<<31-1)) },
		[]string{"0 GOAWAY FLOW_CONTROL_ERROR", "0 closed"}, false},
	{"an initial window that is too large", func(p *peer) [][]byte {
		return frames(h2wire.AppendSettings(nil, h2wire.Setting{ID: h2wire.InitialWindowSize, Value: 1 << 31}))
	}, []string{"0 GOAWAY FLOW_CONTROL_ERROR", "0 closed"}, false},
	{"a small frame size", func(p *peer) [][]byte {
		return frames(h2wire.AppendSettings(nil, h2wire.Setting{ID: h2wire.MaxFrameSize, Value: 100}))
	}, []string{"0 GOAWAY PROTOCOL_ERROR", "0 closed"}, false},
	{"a large frame", func(p *peer) [][]byte {
		return frames(h2wire.AppendHeader(nil, 1<<14+1, h2wire.Data, 0, 1), make([]byte, 1<<14+1))
	},
		[]string{"0 GOAWAY FRAME_SIZE_ERROR", "0 closed"}, true},
	{"a ping of seven bytes", func(p *peer) [][]byte {
		return frames(append(h2wire.AppendHeader(nil, 7, h2wire.Ping, 0, 0), "1234567"...))
	},
		[]string{"0 GOAWAY FRAME_SIZE_ERROR", "0 closed"}, false},
	{"PRIORITY of four bytes", func(p *peer) [][]byte {
		return frames(p.request(1, post, "/wait", false), append(h2wire.AppendHeader(nil, 4, h2wire.Priority, 0, 1), "1234"...))
	}, []string{"1 RST FRAME_SIZE_ERROR"}, true},
}
