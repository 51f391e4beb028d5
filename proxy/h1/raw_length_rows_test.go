package h1_test

import "strings"

// lengths are lines with a length that recipients read differently; the body is one byte,
// or three, or none to them.
var lengths = []struct{ name, lines string }{
	{"a tab before it", "Content-Length:\t3"},
	{"a tab after it", "Content-Length: 3\t"},
	{"blanks around it", "Content-Length: \t 3 \t"},
	{"no blank", "Content-Length:3"},
	{"lower case", "content-length: 3"},
	{"mixed case", "cONTENT-lENGTH: 3"},
	{"leading zeros", "Content-Length: 000000000000000003"},
	{"minus zero", "Content-Length: -0"},
	{"plus zero", "Content-Length: +0"},
	{"a fraction", "Content-Length: 3.0"},
	{"an exponent", "Content-Length: 3e0"},
	{"a suffix", "Content-Length: 3L"},
	{"a letter before it", "Content-Length: a3"},
	{"octal", "Content-Length: 0o3"},
	{"binary", "Content-Length: 0b11"},
	{"hexadecimal, upper case", "Content-Length: 0X3"},
	{"hexadecimal without 0x", "Content-Length: 1f"},
	{"a NUL after it", "Content-Length: 3\x00"},
	{"a vertical tab before it", "Content-Length: \x0b3"},
	{"a form feed after it", "Content-Length: 3\x0c"},
	{"a CR after it", "Content-Length: 3\r"},
	{"a no-break space before it", "Content-Length: \xa03"},
	{"a full-width digit", "Content-Length: \xef\xbc\x93"},
	{"a superscript digit", "Content-Length: \xc2\xb3"},
	{"apostrophes", "Content-Length: '3'"},
	{"quotes", "Content-Length: \"3\""},
	{"an equals sign before it", "Content-Length: =3"},
	{"a list without a blank", "Content-Length: 3,3"},
	{"a list of two", "Content-Length: 3, 0"},
	{"a comma before it", "Content-Length: ,3"},
	{"a comma after it", "Content-Length: 3,"},
	{"two numbers", "Content-Length: 3 3"},
	{"two numbers with a tab", "Content-Length: 3\t0"},
	{"a colon before it", "Content-Length:: 3"},
	{"an empty line before it", "Content-Length:\r\nContent-Length: 3"},
	{"an empty line after it", "Content-Length: 3\r\nContent-Length:"},
	{"equal but for zeros", "Content-Length: 3\r\nContent-Length: 03"},
	{"zero and three", "Content-Length: 0\r\nContent-Length: 3"},
	{"three and zero", "Content-Length: 3\r\nContent-Length: 0"},
	{"three lines", "Content-Length: 3\r\nContent-Length: 3\r\nContent-Length: 3"},
	{"two lines apart", "Content-Length: 3\r\nA: b\r\ncontent-length: 4"},
	{"a negative line after it", "Content-Length: 3\r\nContent-Length: -1"},
	{"folded", "Content-Length:\r\n 3"},
	{"folded digits", "Content-Length: 3\r\n 0"},
	{"folded into another", "A: b\r\n Content-Length: 3"},
	{"after a bare LF", "A: b\nContent-Length: 3"},
	{"after a bare CR", "A: b\rContent-Length: 3"},
	{"a bare LF within", "Content-Length: 3\nContent-Length: 0"},
	{"a blank before the name", " Content-Length: 3"},
	{"a tab before the colon", "Content-Length\t: 3"},
	{"a NUL in the name", "Content\x00-Length: 3"},
	{"an underscore in the name", "Content_Length: 3"},
	{"a blank in the name", "Content Length: 3"},
	{"a plural", "Content-Lengths: 3"},
	{"a prefix", "X-Content-Length: 3"},
	{"18 nines", "Content-Length: 999999999999999999"},
	{"2 to the 63rd less one", "Content-Length: 9223372036854775807"},
	{"2 to the 64th and three", "Content-Length: 18446744073709551619"},
	{"2 to the 32nd and three", "Content-Length: 4294967299"},
	{"a hundred digits", "Content-Length: " + strings.Repeat("0", 99) + "3"},
	{"named by Connection", "Connection: Content-Length\r\nContent-Length: 3"},
}

// whyLengths are the reasons of those rows of lengths in which net/http's server differs.
var whyLengths = map[string]string{
	"three lines":            oneCL,
	"folded":                 folded,
	"folded into another":    folded,
	"after a bare LF":        lf,
	"2 to the 63rd less one": digits18,
	"a hundred digits":       digits18,
}

// lengthRows has each of the lines with three bytes and another request. The client ends its
// side, so that a body which is too short is seen to be.
func lengthRows() (all []row) {
	for _, l := range lengths {
		name := "length: " + l.name
		all = append(all, row{name, "POST / HTTP/1.1\r\n" + host + l.lines + "\r\n\r\nGET /next HTTP/1.1\r\n" + host + "\r\n", "end GET GET", whyLengths[l.name]})
	}
	return all
}
