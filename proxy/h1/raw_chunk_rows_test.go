package h1_test

import (
	"fmt"
	"strings"
)

// chunkeds are chunked bodies, after which another request may follow.
var chunkeds = []struct{ name, body string }{
	{"upper-case size", "1A\r\n" + alphabet + "\r\n0\r\n\r\n"},
	{"lower-case size", "1a\r\n" + alphabet + "\r\n0\r\n\r\n"},
	{"one byte", "1\r\na\r\n0\r\n\r\n"},
	{"chunks of one byte", strings.Repeat("1\r\na\r\n", 300) + "0\r\n\r\n"},
	{"many zeros at the end", "1\r\na\r\n000000000000000\r\n\r\n"},
	{"line ends as data", "4\r\n\r\n\r\n\r\n0\r\n\r\n"},
	{"an end as data", "5\r\n0\r\n\r\n\r\n0\r\n\r\n"},
	{"a request as data", fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(smuggled), smuggled)},
	{"NUL as data", "3\r\n\x00\x00\x00\r\n0\r\n\r\n"},

	{"15 digits", "000000000000003\r\nabc\r\n0\r\n\r\n"},
	{"16 digits", "0000000000000003\r\nabc\r\n0\r\n\r\n"},
	{"17 digits", "00000000000000003\r\nabc\r\n0\r\n\r\n"},
	{"2 to the 60th", "1000000000000000\r\nabc\r\n0\r\n\r\n"},
	{"2 to the 63rd less one", "7fffffffffffffff\r\nabc\r\n0\r\n\r\n"},
	{"2 to the 63rd", "8000000000000000\r\nabc\r\n0\r\n\r\n"},
	{"2 to the 64th less one", "ffffffffffffffff\r\nabc\r\n0\r\n\r\n"},
	{"2 to the 64th and three", "10000000000000003\r\nabc\r\n0\r\n\r\n"},
	{"2 to the 32nd and three", "100000003\r\nabc\r\n0\r\n\r\n"},
	{"17 zeros at the end", "3\r\nabc\r\n00000000000000000\r\n\r\n"},

	{"minus", "-3\r\nabc\r\n0\r\n\r\n"},
	{"minus zero at the end", "3\r\nabc\r\n-0\r\n\r\n"},
	{"plus zero at the end", "3\r\nabc\r\n+0\r\n\r\n"},
	{"0x at the end", "3\r\nabc\r\n0x0\r\n\r\n"},
	{"0X", "0X3\r\nabc\r\n0\r\n\r\n"},
	{"an underscore", "0_3\r\nabc\r\n0\r\n\r\n"},
	{"a fraction", "3.0\r\nabc\r\n0\r\n\r\n"},
	{"a letter beyond f", "g\r\nabc\r\n0\r\n\r\n"},
	{"a letter after it", "3g\r\nabc\r\n0\r\n\r\n"},
	{"an h after it", "3h\r\nabc\r\n0\r\n\r\n"},
	{"quotes", "\"3\"\r\nabc\r\n0\r\n\r\n"},
	{"a full-width digit", "\xef\xbc\x93\r\nabc\r\n0\r\n\r\n"},
	{"a blank before it", " 3\r\nabc\r\n0\r\n\r\n"},
	{"a tab before it", "\t3\r\nabc\r\n0\r\n\r\n"},
	{"a tab after it", "3\t\r\nabc\r\n0\r\n\r\n"},
	{"a NUL after it", "3\x00\r\nabc\r\n0\r\n\r\n"},
	{"a vertical tab after it", "3\x0b\r\nabc\r\n0\r\n\r\n"},
	{"a no-break space after it", "3\xa0\r\nabc\r\n0\r\n\r\n"},
	{"two numbers", "3 3\r\nabc\r\n0\r\n\r\n"},
	{"a comma", "3,3\r\nabc\r\n0\r\n\r\n"},
	{"a line end before it", "\r\n3\r\nabc\r\n0\r\n\r\n"},
	{"only an extension", ";a\r\nabc\r\n0\r\n\r\n"},

	{"CR LF LF after it", "3\r\n\nabc\r\n0\r\n\r\n"},
	{"CR CR LF after it", "3\r\r\nabc\r\n0\r\n\r\n"},
	{"CR alone after it", "3\rabc\r\n0\r\n\r\n"},
	{"CR X after it", "3\rXabc\r\n0\r\n\r\n"},
	{"LF CR after it", "3\n\rabc\r\n0\r\n\r\n"},
	{"LF alone everywhere", "3\nabc\n0\n\n"},

	{"data a byte too long", "3\r\nabcd\r\n0\r\n\r\n"},
	{"data two bytes too long", "3\r\nabcde\r\n0\r\n\r\n"},
	{"data a byte too short", "4\r\nabc\r\n0\r\n\r\n"},
	{"data two bytes too short", "5\r\nabc\r\n0\r\n\r\n"},
	{"nothing after the data", "3\r\nabc0\r\n\r\n"},
	{"CR alone after the data", "3\r\nabc\r0\r\n\r\n"},
	{"LF CR after the data", "3\r\nabc\n\r0\r\n\r\n"},
	{"CR CR LF after the data", "3\r\nabc\r\r\n0\r\n\r\n"},
	{"two line ends after the data", "3\r\nabc\r\n\r\n0\r\n\r\n"},
	{"blank after the data", "3\r\nabc \r\n0\r\n\r\n"},
	{"XX after the data", "3\r\nabcXX0\r\n\r\n"},

	{"empty extension", "3;\r\nabc\r\n0;\r\n\r\n"},
	{"two semicolons", "3;;\r\nabc\r\n0\r\n\r\n"},
	{"extension without a value", "3;a=\r\nabc\r\n0\r\n\r\n"},
	{"extension without a name", "3;=a\r\nabc\r\n0\r\n\r\n"},
	{"two extensions", "3;a=b;c=d\r\nabc\r\n0;e\r\n\r\n"},
	{"quoted extension", "3;a=\"b;c \\\" d\"\r\nabc\r\n0\r\n\r\n"},
	{"line end in a quoted extension", "3;a=\"\r\n\"\r\nabc\r\n0\r\n\r\n"},
	{"quote that never ends", "3;a=\"b\r\nabc\r\n0\r\n\r\n"},
	{"extension after a blank", "3; a=b\r\nabc\r\n0\r\n\r\n"},
	{"extension after a tab", "3;\ta=b\r\nabc\r\n0\r\n\r\n"},
	{"tab before an extension", "3\t;a=b\r\nabc\r\n0\r\n\r\n"},
	{"extension with blanks at the end", "3;a=b \t\r\nabc\r\n0\r\n\r\n"},
	{"extension with a NUL", "3;a\x00\r\nabc\r\n0\r\n\r\n"},
	{"extension with a DEL", "3;a\x7f\r\nabc\r\n0\r\n\r\n"},
	{"extension with a high byte", "3;\xff\r\nabc\r\n0\r\n\r\n"},
	{"extension with a bare LF", "3;a\nabc\r\n0\r\n\r\n"},
	{"extension with a bare LF, and a chunk hidden in it", "3;a\n2d\r\nabc\r\n0\r\n\r\n"},
	{"extension with a bare CR at the end", "3\r\nabc\r\n0;a\r\r\n\r\n"},
	{"extension of 4000 bytes", "3;" + strings.Repeat("a", 4000) + "\r\nabc\r\n0\r\n\r\n"},
	{"extension of 4100 bytes", "3;" + strings.Repeat("a", 4100) + "\r\nabc\r\n0\r\n\r\n"},
	{"extensions beyond the data", strings.Repeat("1;"+strings.Repeat("a", 1000)+"\r\nx\r\n", 20) + "0\r\n\r\n"},
	{"extensions that the data allow", strings.Repeat("200;"+strings.Repeat("a", 1000)+"\r\n"+strings.Repeat("x", 512)+"\r\n", 20) + "0\r\n\r\n"},

	{"last chunk with a blank", "3\r\nabc\r\n0 \r\n\r\n"},
	{"last chunk with LF alone at the end", "3\r\nabc\r\n0\r\n\n"},
	{"last chunk with CR alone at the end", "3\r\nabc\r\n0\r\n\r"},
	{"last chunk with CR CR LF at the end", "3\r\nabc\r\n0\r\n\r\r\n"},
	{"last chunk without the empty line", "3\r\nabc\r\n0\r\n"},
	{"last chunk alone", "0\r\n\r\n"},
	{"two last chunks", "3\r\nabc\r\n0\r\n0\r\n\r\n"},
	{"a chunk after the last one", "0\r\n3\r\nabc\r\n0\r\n\r\n"},
	{"no last chunk", "3\r\nabc\r\n"},
	{"no chunks", ""},

	{"trailer", "3\r\nabc\r\n0\r\nX-A: 1\r\n\r\n"},
	{"two trailers of a name", "3\r\nabc\r\n0\r\nX-A: 1\r\nx-a: 2\r\n\r\n"},
	{"trailer without a blank", "3\r\nabc\r\n0\r\nX-A:1\r\n\r\n"},
	{"empty trailer", "3\r\nabc\r\n0\r\nX-A:\r\n\r\n"},
	{"trailer without a colon", "3\r\nabc\r\n0\r\nX-A\r\n\r\n"},
	{"trailer without a name", "3\r\nabc\r\n0\r\n: 1\r\n\r\n"},
	{"trailer with a blank before the colon", "3\r\nabc\r\n0\r\nX-A : 1\r\n\r\n"},
	{"folded trailer", "3\r\nabc\r\n0\r\nX-A: 1\r\n 2\r\n\r\n"},
	{"first trailer folded", "3\r\nabc\r\n0\r\n X-A: 1\r\n\r\n"},
	{"trailer with a NUL", "3\r\nabc\r\n0\r\nX-A: 1\x002\r\n\r\n"},
	{"trailer with a bare CR", "3\r\nabc\r\n0\r\nX-A: 1\r2\r\n\r\n"},
	{"trailer with a bare LF", "3\r\nabc\r\n0\r\nX-A: 1\nX-B: 2\r\n\r\n"},
	{"trailer that ends in LF", "3\r\nabc\r\n0\r\nX-A: 1\n\r\n"},
	{"trailer: Transfer-Encoding", "3\r\nabc\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"},
	{"trailer: transfer-encoding", "3\r\nabc\r\n0\r\ntransfer-encoding: chunked\r\n\r\n"},
	{"trailer: content-length", "3\r\nabc\r\n0\r\ncontent-length: 40\r\n\r\n"},
	{"trailer: Trailer", "3\r\nabc\r\n0\r\nTrailer: X-A\r\n\r\n"},
	{"trailer: Host", "3\r\nabc\r\n0\r\nHost: other\r\n\r\n"},
	{"trailer: Connection", "3\r\nabc\r\n0\r\nConnection: close\r\n\r\n"},
	{"trailer: Authorization and l5d-dtab", "3\r\nabc\r\n0\r\nAuthorization: x\r\nl5d-dtab: /svc=>/other\r\n\r\n"},
	{"trailer that is a request line", "3\r\nabc\r\n0\r\nGET / HTTP/1.1\r\n\r\n"},
	{"trailers that are a request", "3\r\nabc\r\n0\r\nGET /: HTTP/1.1\r\nHost: web\r\n\r\n"},
	{"trailer of 8 KiB", "3\r\nabc\r\n0\r\nX-A: " + strings.Repeat("a", 8<<10) + "\r\n\r\n"},
	{"1000 trailers", "3\r\nabc\r\n0\r\n" + strings.Repeat("A: 1\r\n", 1000) + "\r\n"},
	{"1001 trailers", "3\r\nabc\r\n0\r\n" + strings.Repeat("A: 1\r\n", 1001) + "\r\n"},
}

const alphabet = "abcdefghijklmnopqrstuvwxyz"

// whyChunks are the reasons of those rows of chunks in which net/http's server differs.
var whyChunks = map[string]string{
	"16 digits":                             digits15,
	"2 to the 60th":                         digits15,
	"2 to the 63rd less one":                digits15,
	"2 to the 63rd":                         digits15,
	"2 to the 64th less one":                digits15,
	"a tab after it":                        chunkPad,
	"extension with a NUL":                  "control characters are in no extension",
	"extension with a DEL":                  "control characters are in no extension",
	"last chunk with a blank":               chunkPad,
	"last chunk with LF alone at the end":   lf,
	"trailer with a blank before the colon": trailers,
	"folded trailer":                        folded,
	"trailer with a bare LF":                lf,
	"trailer that ends in LF":               lf,
	"trailer: Transfer-Encoding":            framers,
	"trailer: transfer-encoding":            framers,
	"trailer: content-length":               framers,
	"trailer: Trailer":                      framers,
	"trailer of 8 KiB":                      limits,
	"1000 trailers":                         limits,
}

// chunkRows has each of the bodies, and another request. The client ends its side, so that a
// body that is too short is seen to be.
func chunkRows() (all []row) {
	for _, c := range chunkeds {
		name := "chunked: " + c.name
		all = append(all, row{name, "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n" + c.body + "GET /next HTTP/1.1\r\n" + host + "\r\n", "end GET GET", whyChunks[c.name]})
	}
	return all
}
