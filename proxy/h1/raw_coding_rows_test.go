package h1_test

import "fmt"

// smuggled is the request that must never be one: it stands where a recipient that reads the
// framing in another way would look for the next.
const smuggled = "GET /smuggled HTTP/1.1\r\n" + host + "\r\n"

// codings are lines with which the coding of a message is hidden from some recipients.
var codings = []struct{ name, lines string }{
	{"no blank after the colon", "Transfer-Encoding:chunked"},
	{"a tab after the colon", "Transfer-Encoding:\tchunked"},
	{"many blanks after the colon", "Transfer-Encoding: \t  \t chunked"},
	{"a blank at the end", "Transfer-Encoding: chunked "},
	{"a tab at the end", "Transfer-Encoding: chunked\t"},
	{"mixed case", "tRANSFER-eNCODING: cHuNkEd"},
	{"lower case", "transfer-encoding: chunked"},
	{"apostrophes", "Transfer-Encoding: 'chunked'"},
	{"quotes", "Transfer-Encoding: \"chunked\""},
	{"quotes around the name", "\"Transfer-Encoding\": chunked"},
	{"a comma after it", "Transfer-Encoding: chunked,"},
	{"a comma before it", "Transfer-Encoding: ,chunked"},
	{"commas alone", "Transfer-Encoding: ,,"},
	{"identity after it", "Transfer-Encoding: chunked, identity"},
	{"identity before it", "Transfer-Encoding: identity, chunked"},
	{"another before it", "Transfer-Encoding: cow, chunked"},
	{"another after it", "Transfer-Encoding: chunked, cow"},
	{"another without a comma", "Transfer-Encoding: cow chunked"},
	{"another after a blank", "Transfer-Encoding: chunked cow"},
	{"another line before it", "Transfer-Encoding: cow\r\nTransfer-Encoding: chunked"},
	{"another line after it", "Transfer-Encoding: chunked\r\nTransfer-Encoding: cow"},
	{"identity in a line before it", "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked"},
	{"identity in a line after it", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"},
	{"an empty line before it", "Transfer-Encoding:\r\nTransfer-Encoding: chunked"},
	{"an empty line after it", "Transfer-Encoding: chunked\r\nTransfer-Encoding:"},
	{"a semicolon after it", "Transfer-Encoding: chunked;"},
	{"a parameter", "Transfer-Encoding: chunked; a=b"},
	{"a NUL after it", "Transfer-Encoding: chunked\x00"},
	{"a NUL before it", "Transfer-Encoding: \x00chunked"},
	{"a vertical tab after it", "Transfer-Encoding: chunked\x0b"},
	{"a form feed before it", "Transfer-Encoding: \x0cchunked"},
	{"a CR after it", "Transfer-Encoding: chunked\r"},
	{"a DEL after it", "Transfer-Encoding: chunked\x7f"},
	{"a high byte before it", "Transfer-Encoding: \xffchunked"},
	{"a no-break space before it", "Transfer-Encoding: \xa0chunked"},
	{"a no-break space of UTF-8", "Transfer-Encoding: \xc2\xa0chunked"},
	{"the Kelvin sign", "Transfer-Encoding: chun\xe2\x84\xaaed"},
	{"the long s in the name", "Tran\xc5\xbffer-Encoding: chunked"},
	{"a letter too few", "Transfer-Encoding: chunke"},
	{"a letter too many", "Transfer-Encoding: chunkedd"},
	{"a tab in it", "Transfer-Encoding: chun\tked"},
	{"a colon before it", "Transfer-Encoding:: chunked"},
	{"a colon before the name", ":Transfer-Encoding: chunked"},
	{"an equals sign for the colon", "Transfer-Encoding=chunked"},
	{"a semicolon for the colon", "Transfer-Encoding; chunked"},
	{"a blank before the colon", "Transfer-Encoding : chunked"},
	{"a tab before the colon", "Transfer-Encoding\t: chunked"},
	{"a NUL before the colon", "Transfer-Encoding\x00: chunked"},
	{"a vertical tab before the colon", "Transfer-Encoding\x0b: chunked"},
	{"a blank before the name", " Transfer-Encoding: chunked"},
	{"a tab before the name", "\tTransfer-Encoding: chunked"},
	{"a NUL before the name", "\x00Transfer-Encoding: chunked"},
	{"a byte order mark before the name", "\xef\xbb\xbfTransfer-Encoding: chunked"},
	{"a blank in the name", "Transfer Encoding: chunked"},
	{"an underscore in the name", "Transfer_Encoding: chunked"},
	{"a letter too few in the name", "Transfer-Encodin: chunked"},
	{"a prefix of the name", "X-Transfer-Encoding: chunked"},
	{"the other coding's name", "Content-Encoding: chunked"},
	{"TE", "TE: chunked"},
	{"folded by a blank", "Transfer-Encoding:\r\n chunked"},
	{"folded by a tab", "Transfer-Encoding:\r\n\tchunked"},
	{"folded after it", "Transfer-Encoding: chunked\r\n ,cow"},
	{"folded by nothing", "Transfer-Encoding: chunked\r\n "},
	{"after a folded line", "A: b\r\n c\r\nTransfer-Encoding: chunked"},
	{"folded into another", "A: b\r\n Transfer-Encoding: chunked"},
	{"after a bare LF", "A: b\nTransfer-Encoding: chunked"},
	{"after a bare CR", "A: b\rTransfer-Encoding: chunked"},
	{"after CR CR LF", "A: b\r\r\nTransfer-Encoding: chunked"},
	{"after LF CR", "A: b\n\rTransfer-Encoding: chunked"},
	{"after NUL", "A: b\x00Transfer-Encoding: chunked"},
	{"in a value", "A: b, Transfer-Encoding: chunked"},
	{"named by Connection", "Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked"},
}

// whyCodings are the reasons of those rows of codings in which net/http's server differs.
var whyCodings = map[string]string{
	"no blank after the colon":    both,
	"a tab after the colon":       both,
	"many blanks after the colon": both,
	"a blank at the end":          both,
	"a tab at the end":            both,
	"mixed case":                  both,
	"lower case":                  both,
	"folded by a blank":           folded,
	"folded by a tab":             folded,
	"folded after it":             folded,
	"folded by nothing":           folded,
	"after a folded line":         folded,
	"folded into another":         folded,
	"after a bare LF":             lf,
	"named by Connection":         both,
}

// codingRows has each of the lines with a length that covers two requests (CL.TE), and with
// one that ends within the first chunk (TE.CL).
func codingRows() (all []row) {
	for _, c := range codings {
		const long = "0\r\n\r\n" + smuggled
		name := "a length and a coding, " + c.name
		all = append(all, row{name, fmt.Sprintf("POST / HTTP/1.1\r\n%sContent-Length: %d\r\n%s\r\n\r\n%s", host, len(long), c.lines, long), "GET GET", whyCodings[c.name]})
		name = "a short length and a coding, " + c.name
		chunk := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(smuggled), smuggled)
		all = append(all, row{name, fmt.Sprintf("POST / HTTP/1.1\r\n%s%s\r\nContent-Length: 4\r\n\r\n%s", host, c.lines, chunk), "GET GET", whyCodings[c.name]})
	}
	return all
}
