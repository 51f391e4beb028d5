package h1_test

import (
	"strings"
)

// row is one conversation. What both servers do with it stands in testdata/raw.txt.
type row struct {
	name    string
	bytes   string
	methods string // of the responses, separated by spaces; "end" first: the client ends its side
	why     string // net/http's server does something else; empty: it does not
}

// Reasons why the two servers differ.
const (
	refusals = "the text of a refusal has a length and a date"
	lf       = "a line that ends in LF alone is a line to some and not to others"
	linger   = "a refused connection is closed in order"
	versions = "a minor version that is not known is served as the highest that is"
	noTE10   = "Transfer-Encoding in HTTP/1.0 is faulty framing (RFC 9112 section 6.1)"
	oneCL    = "more than one Content-Length is refused, even if they are equal"
	both     = "a request with both Content-Length and Transfer-Encoding is the last one (RFC 9112 section 6.3)"
	crlf     = "empty lines before a request line are ignored (RFC 9112 section 2.2)"
	pragma   = "Cache-Control is not made up from Pragma"
	preface  = "a handler knows no HTTP/2; the preface is refused"
	noHost   = "CONNECT needs a Host, as all requests do (RFC 9112 section 3.2)"
	chunkPad = "nothing but extensions may follow a chunk's size"
	interim  = "clients of HTTP/1.0 get no 1xx responses (RFC 9110 section 15.2)"
	own      = "fields that frame the message are this server's, in whatever case their names are"
	controls = "control characters become spaces"
	folded   = "folded lines are refused (RFC 9112 section 5.2)"
	connect  = "the target of CONNECT is an authority and nothing more"
	trailers = "the names of trailers are tokens as well"
	framers  = "fields that frame the message must not be trailers"
	limits   = "net/http has a limit of its own for trailers, 4 KiB"
	drains   = "what little is left of a body is read, so that the connection is kept"
	breaks   = "nothing is served after a body that broke off"
	digits15 = "a chunk's size has at most 15 digits"
	digits18 = "a length has at most 18 digits"
)

const host = "Host: web\r\n"

var rows = []row{
	{"plain", "GET / HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"many fields", "GET /a?b=c HTTP/1.1\r\n" + host + strings.Repeat("X-Many: 1\r\n", 100) + "Accept: */*\r\n\r\n", "", ""},
	{"repeated field", "GET / HTTP/1.1\r\n" + host + "A: 1\r\nB: 2\r\na: 3\r\n\r\n", "", ""},
	{"names in all cases", "GET / HTTP/1.1\r\nhOST: web\r\nx-lower: 1\r\nETAG: 2\r\nx_under: 3\r\n\r\n", "", ""},
	{"blanks around a value", "GET / HTTP/1.1\r\n" + host + "A: \t 1 2\t \r\nB:2\r\nC:\r\nD: \r\n\r\n", "", ""},
	{"value with high bytes", "GET / HTTP/1.1\r\n" + host + "A: \xe4\xff\r\n\r\n", "", ""},
	{"HEAD", "HEAD / HTTP/1.1\r\n" + host + "\r\n", "HEAD", ""},
	{"HEAD of nothing", "HEAD /empty HTTP/1.1\r\n" + host + "\r\n", "HEAD", ""},
	{"HEAD of much", "HEAD /large HTTP/1.1\r\n" + host + "\r\n", "HEAD", ""},
	{"HEAD of a length", "HEAD /large-counted HTTP/1.1\r\n" + host + "\r\n", "HEAD", ""},
	{"unknown method", "FROB-1 / HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"lower-case method", "get / HTTP/1.1\r\n" + host + "\r\n", "", ""},

	// Responses.
	{"empty response", "GET /empty HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"large response", "GET /large HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"large response with a length", "GET /large-counted HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"flushed response", "GET /flush HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"response that is too short", "GET /short HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"response that is too long", "GET /long HTTP/1.1\r\n" + host + "\r\n", "", "a Write beyond the length writes nothing, and does not count"},
	{"trailers", "GET /trailers HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"trailers that were not announced", "GET /late-trailers HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"the handler closes", "GET /close HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"the handler closes, in lower case", "GET /lower-close HTTP/1.1\r\n" + host + "\r\n", "", own},
	{"the handler's Connection", "GET /connection HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"the handler's coding", "GET /coding HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"the handler's identity", "GET /identity HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"the handler's coding and length", "GET /both HTTP/1.1\r\n" + host + "\r\n", "", "the coding counts, so that the length is no limit"},
	{"early hints", "GET /hints HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"early hints to HTTP/1.0", "GET /hints HTTP/1.0\r\n" + host + "\r\n", "", interim},
	{"bad fields", "GET /bad-fields HTTP/1.1\r\n" + host + "\r\n", "", own + "; " + controls},
	{"bad length", "GET /bad-length HTTP/1.1\r\n" + host + "\r\n", "", "a length that is none is as if there were none"},
	{"abort", "GET /abort HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"late abort", "GET /abort-late HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"two statuses", "GET /twice HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"late field", "GET /late-header HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"204", "GET /status/204 HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"304", "GET /status/304 HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"404", "GET /status/404 HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"status without a name", "GET /status/799 HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"204 to HEAD", "HEAD /status/204 HTTP/1.1\r\n" + host + "\r\n", "HEAD", ""},
	{"204 to HTTP/1.0", "GET /status/204 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "", ""},

	// Versions and the connection.
	{"Connection: close", "GET / HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", "", ""},
	{"Connection: Close in a list", "GET / HTTP/1.1\r\n" + host + "Connection: foo, Close\r\n\r\n", "", ""},
	{"Connection in two lines", "GET / HTTP/1.1\r\n" + host + "Connection: foo\r\nConnection: close\r\n\r\n", "", ""},
	{"Connection: keep-alive", "GET / HTTP/1.1\r\n" + host + "Connection: keep-alive\r\n\r\n", "", ""},
	{"HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", "", ""},
	{"HTTP/1.0 with a host", "GET / HTTP/1.0\r\n" + host + "\r\n", "", ""},
	{"HTTP/1.0 keep-alive", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "", ""},
	{"HTTP/1.0 keep-alive, large", "GET /large HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "", ""},
	{"HTTP/1.0 keep-alive, large with a length", "GET /large-counted HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "", ""},
	{"HTTP/1.0 keep-alive and close", "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", "", "close counts more than keep-alive"},
	{"HTTP/1.0 HEAD keep-alive", "HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "HEAD", ""},
	{"HTTP/1.0 flushed", "GET /flush HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "", ""},
	{"HTTP/1.0 trailers", "GET /trailers HTTP/1.0\r\n\r\n", "", ""},
	{"HTTP/1.0 with a body", "POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc", "", ""},
	{"HTTP/1.2", "GET / HTTP/1.2\r\n" + host + "\r\n", "", ""},
	{"HTTP/1.9 without a host", "GET / HTTP/1.9\r\n\r\n", "", refusals},
	{"HTTP/0.9", "GET /\r\n", "", refusals},
	{"HTTP/0.9 in words", "GET / HTTP/0.9\r\n\r\n", "", refusals},
	{"HTTP/2.0", "GET / HTTP/2.0\r\n" + host + "\r\n", "", refusals},
	{"HTTP/3.0", "GET / HTTP/3.0\r\n" + host + "\r\n", "", refusals},
	{"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "", preface},
	{"HTTP/1.10", "GET / HTTP/1.10\r\n" + host + "\r\n", "", refusals},
	{"HTTP/1", "GET / HTTP/1\r\n" + host + "\r\n", "", refusals},
	{"HTTP/11", "GET / HTTP/11\r\n" + host + "\r\n", "", refusals},
	{"HTTP/1,1", "GET / HTTP/1,1\r\n" + host + "\r\n", "", refusals},
	{"http/1.1", "GET / http/1.1\r\n" + host + "\r\n", "", refusals},
	{"HTTPS/1.1", "GET / HTTPS/1.1\r\n" + host + "\r\n", "", refusals},
	{"HTTP/+1.1", "GET / HTTP/+1.1\r\n" + host + "\r\n", "", refusals},

	// Request lines.
	{"empty line before", "\r\nGET / HTTP/1.1\r\n" + host + "\r\n", "", crlf},
	{"four empty lines before", "\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n" + host + "\r\n", "", crlf},
	{"five empty lines before", "\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n" + host + "\r\n", "", refusals},
	{"LF before", "\nGET / HTTP/1.1\r\n" + host + "\r\n", "", refusals},
	{"CR before", "\rGET / HTTP/1.1\r\n" + host + "\r\n", "", refusals},
	{"CR CR LF before", "\r\r\nGET / HTTP/1.1\r\n" + host + "\r\n", "", refusals},
	{"space before", " GET / HTTP/1.1\r\n" + host + "\r\n", "", refusals},
	{"two spaces after the method", "GET  / HTTP/1.1\r\n" + host + "\r\n", "", refusals},
	{"two spaces before the version", "GET /  HTTP/1.1\r\n" + host + "\r\n", "", refusals},
	{"tab after the method", "GET\t/ HTTP/1.1\r\n" + host + "\r\n", "", refusals},
	{"tab before the version", "GET /\tHTTP/1.1\r\n" + host + "\r\n", "", refusals},
	{"space after the version", "GET / HTTP/1.1 \r\n" + host + "\r\n", "", refusals},
	{"space in the target", "GET /a b HTTP/1.1\r\n" + host + "\r\n", "", refusals},
	{"no target", "GET HTTP/1.1\r\n" + host + "\r\n", "", refusals},
	{"empty target", "GET  HTTP/1.1\r\n" + host + "\r\n", "", refusals},
	{"no method", " / HTTP/1.1\r\n" + host + "\r\n", "", refusals},
	{"method with a colon", "GET: / HTTP/1.1\r\n" + host + "\r\n", "", refusals},
	{"method with a high byte", "G\xc3\x84T / HTTP/1.1\r\n" + host + "\r\n", "", refusals},
	{"method with NUL", "G\x00T / HTTP/1.1\r\n" + host + "\r\n", "", refusals},
	{"CR in the line", "GET / HTTP/1.1\rX: 1\r\n" + host + "\r\n", "", refusals},
	{"form feed before the version", "GET /\x0cHTTP/1.1\r\n" + host + "\r\n", "", refusals},
	{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\r\n", "", refusals},
	{"a response", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", refusals},

	// Targets.
	{"query", "GET /a?b=c&d=e%20f?g HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"empty query", "GET /a? HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"escapes", "GET /a%2Fb%20c HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"lower-case escape", "GET /a%2fb HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"bad escape", "GET /a/100% HTTP/1.1\r\n" + host + "\r\n", "", refusals},
	{"bad escape in the middle", "GET /%zz/c HTTP/1.1\r\n" + host + "\r\n", "", refusals},
	{"bad escape in the query", "GET /a?100% HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"dots", "GET /a/../b/./c HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"two slashes", "GET //host/a HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"fragment", "GET /a#b HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"odd bytes", "GET /a|b\"<>^`{}\\!'()*[] HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"high bytes", "GET /\xc3\xa4?\xff HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"NUL in the target", "GET /a\x00b HTTP/1.1\r\n" + host + "\r\n", "", refusals},
	{"DEL in the target", "GET /a\x7fb HTTP/1.1\r\n" + host + "\r\n", "", refusals},
	{"relative", "GET a HTTP/1.1\r\n" + host + "\r\n", "", refusals},
	{"only a query", "GET ?a HTTP/1.1\r\n" + host + "\r\n", "", refusals},
	{"absolute", "GET http://other/a?b HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"absolute without a path", "GET http://other HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"absolute with a port", "GET http://other:8080/a HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"absolute with userinfo", "GET http://u:p@other/a HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"absolute without Host", "GET http://other/a HTTP/1.1\r\n\r\n", "", refusals},
	{"absolute in HTTP/1.0", "GET http://other/a HTTP/1.0\r\n\r\n", "", ""},
	{"absolute, https", "GET https://other/a HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"absolute, upper case", "GET HTTP://OTHER/a HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"absolute with a bad port", "GET http://other:a/ HTTP/1.1\r\n" + host + "\r\n", "", refusals},
	{"absolute, IPv6", "GET http://[::1]:80/a HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"absolute, zone", "GET http://[fe80::1%25en0]/a HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"absolute with an odd host", "GET http://a<b>/ HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"absolute with a high byte in the host", "GET http://\xc3\xa4/ HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"opaque", "GET foo:bar HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"OPTIONS *", "OPTIONS * HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"GET *", "GET * HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"OPTIONS absolute", "OPTIONS http://other HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"CONNECT", "CONNECT other:443 HTTP/1.1\r\nHost: other:443\r\n\r\n", "CONNECT-", ""},
	{"CONNECT without Host", "CONNECT other:443 HTTP/1.1\r\n\r\n", "CONNECT-", noHost},
	{"CONNECT with a path", "CONNECT /rpc HTTP/1.1\r\n" + host + "\r\n", "CONNECT-", ""},
	{"CONNECT absolute", "CONNECT http://other/ HTTP/1.1\r\n" + host + "\r\n", "CONNECT-", connect},
	{"CONNECT with an authority and a path", "CONNECT other:443/a HTTP/1.1\r\n" + host + "\r\n", "CONNECT-", connect},
	{"CONNECT with userinfo", "CONNECT u@other:443 HTTP/1.1\r\n" + host + "\r\n", "CONNECT-", connect},

	// Hosts.
	{"no Host", "GET / HTTP/1.1\r\n\r\n", "", refusals},
	{"two Hosts", "GET / HTTP/1.1\r\n" + host + "Host: other\r\n\r\n", "", refusals},
	{"two equal Hosts", "GET / HTTP/1.1\r\n" + host + host + "\r\n", "", refusals},
	{"two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\n" + host + "Host: other\r\n\r\n", "", refusals},
	{"empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "", ""},
	{"Host with a port", "GET / HTTP/1.1\r\nHost: web:80\r\n\r\n", "", ""},
	{"Host with a space", "GET / HTTP/1.1\r\nHost: web other\r\n\r\n", "", refusals},
	{"Host with a slash", "GET / HTTP/1.1\r\nHost: web/x\r\n\r\n", "", refusals},
	{"Host with an at", "GET / HTTP/1.1\r\nHost: u@web\r\n\r\n", "", refusals},
	{"Host with a comma", "GET / HTTP/1.1\r\nHost: web, other\r\n\r\n", "", refusals},
	{"Host with high bytes", "GET / HTTP/1.1\r\nHost: \xc3\xa4\r\n\r\n", "", refusals},
	{"Host with a space before the colon", "GET / HTTP/1.1\r\nHost : web\r\n\r\n", "", refusals},

	// Fields.
	{"folded field", "GET / HTTP/1.1\r\n" + host + "A: 1\r\n 2\r\n\r\n", "", folded},
	{"folded by a tab", "GET / HTTP/1.1\r\n" + host + "A: 1\r\n\t2\r\n\r\n", "", folded},
	{"folded first field", "GET / HTTP/1.1\r\n " + host + "\r\n", "", refusals},
	{"space before the colon", "GET / HTTP/1.1\r\n" + host + "A : 1\r\n\r\n", "", refusals},
	{"tab before the colon", "GET / HTTP/1.1\r\n" + host + "A\t: 1\r\n\r\n", "", refusals},
	{"field without a name", "GET / HTTP/1.1\r\n" + host + ": 1\r\n\r\n", "", refusals},
	{"field without a colon", "GET / HTTP/1.1\r\n" + host + "A\r\n\r\n", "", refusals},
	{"name with a space", "GET / HTTP/1.1\r\n" + host + "A B: 1\r\n\r\n", "", refusals},
	{"name with a high byte", "GET / HTTP/1.1\r\n" + host + "\xc3\xa4: 1\r\n\r\n", "", refusals},
	{"name with NUL", "GET / HTTP/1.1\r\n" + host + "A\x00: 1\r\n\r\n", "", refusals},
	{"name with a slash", "GET / HTTP/1.1\r\n" + host + "A/B: 1\r\n\r\n", "", refusals},
	{"value with NUL", "GET / HTTP/1.1\r\n" + host + "A: 1\x002\r\n\r\n", "", refusals},
	{"value with CR", "GET / HTTP/1.1\r\n" + host + "A: 1\r2\r\n\r\n", "", refusals},
	{"value that ends in CR", "GET / HTTP/1.1\r\n" + host + "A: 1\r\r\n\r\n", "", refusals},
	{"value with VT", "GET / HTTP/1.1\r\n" + host + "A: 1\x0b2\r\n\r\n", "", refusals},
	{"value with DEL", "GET / HTTP/1.1\r\n" + host + "A: 1\x7f2\r\n\r\n", "", refusals},
	{"value with ESC", "GET / HTTP/1.1\r\n" + host + "A: 1\x1b2\r\n\r\n", "", refusals},
	{"LF after the request line", "GET / HTTP/1.1\n" + host + "\r\n", "", lf},
	{"LF after a field", "GET / HTTP/1.1\r\nHost: web\n\r\n", "", lf},
	{"LF as the empty line", "GET / HTTP/1.1\r\n" + host + "\n", "", lf},
	{"LF only", "GET / HTTP/1.1\nHost: web\n\n", "", lf},
	{"CR CR LF as the empty line", "GET / HTTP/1.1\r\n" + host + "\r\r\n\r\n", "", refusals},
	{"Pragma", "GET / HTTP/1.1\r\n" + host + "Pragma: no-cache\r\n\r\n", "", pragma},
	{"Upgrade", "GET / HTTP/1.1\r\n" + host + "Connection: upgrade\r\nUpgrade: h2c\r\n\r\n", "", ""},
	{"TE and Keep-Alive", "GET / HTTP/1.1\r\n" + host + "TE: trailers\r\nKeep-Alive: 5\r\n\r\n", "", ""},

	// Bodies with a length.
	{"body", "POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\n\r\nabc", "", ""},
	{"empty body", "POST / HTTP/1.1\r\n" + host + "Content-Length: 0\r\n\r\n", "", ""},
	{"POST without a length", "POST / HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"GET with a body", "GET / HTTP/1.1\r\n" + host + "Content-Length: 3\r\n\r\nabc", "", ""},
	{"HEAD with a body", "HEAD / HTTP/1.1\r\n" + host + "Content-Length: 3\r\n\r\nabc", "HEAD", ""},
	{"large body", "POST / HTTP/1.1\r\n" + host + "Content-Length: 100000\r\n\r\n" + strings.Repeat("x", 100000), "", ""},
	{"body that nobody reads", "POST /ignore HTTP/1.1\r\n" + host + "Content-Length: 3\r\n\r\nabc", "", ""},
	{"large body that nobody reads", "POST /ignore HTTP/1.1\r\n" + host + "Content-Length: 200000\r\n\r\n" + strings.Repeat("x", 200000), "", ""},
	{"huge body that nobody reads", "POST /ignore HTTP/1.1\r\n" + host + "Content-Length: 400000\r\n\r\n" + strings.Repeat("x", 400000), "", ""},
	{"body that is a request", "POST /ignore HTTP/1.1\r\n" + host + "Content-Length: 37\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: web\r\n\r\n", "", ""},
	{"leading zeros", "POST / HTTP/1.1\r\n" + host + "Content-Length: 0003\r\n\r\nabc", "", ""},
	{"length with a sign", "POST / HTTP/1.1\r\n" + host + "Content-Length: +3\r\n\r\nabc", "", refusals},
	{"negative length", "POST / HTTP/1.1\r\n" + host + "Content-Length: -3\r\n\r\nabc", "", refusals},
	{"hexadecimal length", "POST / HTTP/1.1\r\n" + host + "Content-Length: 0x3\r\n\r\nabc", "", refusals},
	{"length with an underscore", "POST / HTTP/1.1\r\n" + host + "Content-Length: 1_0\r\n\r\n0123456789", "", refusals},
	{"length with a space", "POST / HTTP/1.1\r\n" + host + "Content-Length: 1 0\r\n\r\n0123456789", "", refusals},
	{"length with a high digit", "POST / HTTP/1.1\r\n" + host + "Content-Length: \xd9\xa3\r\n\r\nabc", "", refusals},
	{"empty length", "POST / HTTP/1.1\r\n" + host + "Content-Length:\r\n\r\n", "", refusals},
	{"list of lengths", "POST / HTTP/1.1\r\n" + host + "Content-Length: 3, 3\r\n\r\nabc", "", refusals},
	{"length with a semicolon", "POST / HTTP/1.1\r\n" + host + "Content-Length: 3;x\r\n\r\nabc", "", refusals},
	{"two equal lengths", "POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "", oneCL},
	{"two lengths", "POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", "", refusals},
	{"huge length", "POST / HTTP/1.1\r\n" + host + "Content-Length: 99999999999999999999\r\n\r\nabc", "", refusals},
	{"length of 2 to the 63rd", "POST / HTTP/1.1\r\n" + host + "Content-Length: 9223372036854775808\r\n\r\nabc", "", refusals},
	{"length of 19 digits", "POST / HTTP/1.1\r\n" + host + "Content-Length: 0000000000000000003\r\n\r\nabc", "", digits18},
	{"space before the length's colon", "POST / HTTP/1.1\r\n" + host + "Content-Length : 3\r\n\r\nabc", "", refusals},
	{"body that ends early", "POST / HTTP/1.1\r\n" + host + "Content-Length: 5\r\n\r\nabc", "end", ""},

	// Chunked bodies.
	{"chunked", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n", "", ""},
	{"CHUNKED", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: CHUNKED\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "", ""},
	{"empty chunked", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "", ""},
	{"chunked GET", "GET / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "", ""},
	{"chunked that nobody reads", "POST /ignore HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "", ""},
	{"request trailers", "POST / HTTP/1.1\r\n" + host + "Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\nx-other: 2\r\n\r\n", "", ""},
	{"forbidden trailer name", "POST / HTTP/1.1\r\n" + host + "Trailer: Content-Length\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "", refusals},
	{"forbidden trailer", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nContent-Length: 5\r\n\r\n", "", framers},
	{"broken trailer", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA B: 5\r\n\r\n", "", trailers},
	{"extension", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0;c\r\n\r\n", "", ""},
	{"leading zeros of a chunk", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0003\r\nabc\r\n000\r\n\r\n", "", ""},
	{"blank after a size", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3 \r\nabc\r\n0\r\n\r\n", "", chunkPad},
	{"blank before an extension", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3 ;a\r\nabc\r\n0\r\n\r\n", "", ""},
	{"blank before a size", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n 3\r\nabc\r\n0\r\n\r\n", "", ""},
	{"size with 0x", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n", "", ""},
	{"size with a sign", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n+3\r\nabc\r\n0\r\n\r\n", "", ""},
	{"size of 17 digits", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n1ffffffffffffffff\r\nabc\r\n0\r\n\r\n", "", ""},
	{"no size", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n\r\nabc\r\n0\r\n\r\n", "", ""},
	{"chunk that is too short", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n", "", ""},
	{"chunk that ends in LF", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\n0\r\n\r\n", "", ""},
	{"size that ends in LF", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n", "", ""},
	{"last chunk that ends in LF", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\n\r\n", "", ""},
	{"CR in an extension", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3;a\rb\r\nabc\r\n0\r\n\r\n", "", ""},
	{"chunked that ends early", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3\r\nab", "end", ""},
	{"coding and length", "POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "", both},
	{"length and coding", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nContent-Length: 100\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "", both},
	{"coding and bad length", "POST / HTTP/1.1\r\n" + host + "Content-Length: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "", refusals},
	{"coding in HTTP/1.0", "POST / HTTP/1.0\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "", noTE10},
	{"coding in HTTP/1.0, kept", "POST / HTTP/1.0\r\n" + host + "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "GET GET", noTE10},
	{"gzip", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip\r\n\r\n", "", refusals},
	{"gzip, chunked", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "", refusals},
	{"chunked, chunked", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", "", refusals},
	{"chunked twice", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "", refusals},
	{"identity", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: identity\r\nContent-Length: 3\r\n\r\nabc", "", refusals},
	{"chunked with a parameter", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n", "", refusals},
	{"xchunked", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "", refusals},
	{"chunked in quotes", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", "", refusals},
	{"empty coding", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding:\r\nContent-Length: 3\r\n\r\nabc", "", refusals},
	{"chunked with VT", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", "", refusals},
	{"space before the coding's colon", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", "", refusals},
	{"folded coding", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", "", folded},
	{"coding with an underscore", "POST / HTTP/1.1\r\n" + host + "Transfer_Encoding: chunked\r\n\r\n", "", ""},

	// Expectations.
	{"Expect", "POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\nExpect: 100-continue\r\n\r\nabc", "", ""},
	{"Expect chunked", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nExpect: 100-Continue\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "", ""},
	{"Expect, and the handler does not read", "POST /expect-nothing HTTP/1.1\r\n" + host + "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n", "", ""},
	{"Expect, and the handler responds before it reads", "POST /early HTTP/1.1\r\n" + host + "Content-Length: 3\r\nExpect: 100-continue\r\n\r\nabc", "", ""},
	{"Expect without a body", "GET / HTTP/1.1\r\n" + host + "Expect: 100-continue\r\n\r\n", "", ""},
	{"Expect in HTTP/1.0", "POST / HTTP/1.0\r\n" + host + "Content-Length: 3\r\nExpect: 100-continue\r\n\r\nabc", "", ""},
	{"another expectation", "POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\nExpect: tea\r\n\r\nabc", "", refusals},
	{"empty Expect", "GET / HTTP/1.1\r\n" + host + "Expect:\r\n\r\n", "", ""},

	// Several requests.
	{"two at once", "GET /a HTTP/1.1\r\n" + host + "\r\nGET /b HTTP/1.1\r\n" + host + "\r\n", "GET GET", ""},
	{"three at once, with bodies", "POST /a HTTP/1.1\r\n" + host + "Content-Length: 3\r\n\r\nabcPOST /b HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3\r\ndef\r\n0\r\n\r\nHEAD /c HTTP/1.1\r\n" + host + "\r\n", "GET GET HEAD", ""},
	{"body that nobody reads, and another", "POST /ignore HTTP/1.1\r\n" + host + "Content-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\n" + host + "\r\n", "GET GET", ""},
	{"POST, an empty line, and another", "POST /a HTTP/1.1\r\n" + host + "Content-Length: 3\r\n\r\nabc\r\nGET /b HTTP/1.1\r\n" + host + "\r\n", "GET GET", ""},
	{"close, and another", "GET /a HTTP/1.1\r\n" + host + "Connection: close\r\n\r\nGET /b HTTP/1.1\r\n" + host + "\r\n", "", ""},
	{"coding and length, and another", "POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n" + host + "\r\n", "GET GET", both},
	{"a good one and a bad one", "GET /a HTTP/1.1\r\n" + host + "\r\nGET /b HTTP/9.9\r\n\r\n", "GET GET", refusals},
	{"upgrade, and another", "GET /a HTTP/1.1\r\n" + host + "Connection: upgrade\r\nUpgrade: x\r\n\r\nGET /b HTTP/1.1\r\n" + host + "\r\n", "GET GET", ""},

	// The end of what the client sends.
	{"request and end", "GET / HTTP/1.1\r\n" + host + "\r\n", "end", ""},
	{"two requests and end", "GET /a HTTP/1.1\r\n" + host + "\r\nGET /b HTTP/1.1\r\n" + host + "\r\n", "end", ""},
	{"nothing and end", "", "end", ""},
	{"empty line and end", "\r\n", "end", crlf},
	{"a part of a line and end", "GET / HT", "end", refusals},
	{"a part of a head and end", "GET / HTTP/1.1\r\nHost: w", "end", refusals},
	{"no empty line and end", "GET / HTTP/1.1\r\n" + host, "end", refusals},
}
