// Package h1 is an HTTP/1.1 server for any http.Handler. It is the server of package
// serve, which adds drains and limits on time; on its own it waits for its clients for as
// long as they like.
//
// # What is accepted
//
// Request lines of a method that is a token, a target and HTTP/1.x, with one space
// between them; lines that end in CRLF; up to four empty lines before a request line;
// header names that are tokens, directly followed by a colon; values without control
// characters other than tab. At most one Content-Length, of digits only; at most one
// Transfer-Encoding, and it must be "chunked". One Host, which only HTTP/1.0 may lack.
// Chunk sizes of at most 15 digits, with nothing but extensions after them, which in the
// long run stay below twice the data. Anything else is answered with a status that says
// what is wrong, and the connection is closed:
//
//	400  the bytes are no request, or one that two recipients could read differently
//	408  the head did not come before a read deadline that somebody else had set
//	414  the request line alone exceeds Config.MaxHeadBytes
//	417  an expectation other than 100-continue
//	431  the head exceeds Config.MaxHeadBytes or has more than 1000 header lines
//	501  a transfer coding other than chunked
//	505  another version of HTTP, such as HTTP/2 without TLS
//
// Config.Refuse may answer in place of the server.
//
// A request with both Content-Length and Transfer-Encoding is served by the latter, and
// the connection is closed after its response (RFC 9112 section 6.3).
//
// # When a client leaves
//
// The context of a request ends when the client resets the connection, when the response
// cannot be written, when the body breaks off, and when the handler returns. The end of
// what the client sends (a FIN) is not yet the end: the response to a request that was read
// whole is still written, but the context ends 30 s later, and at once if the request says
// "Connection: close". A client that leaves is noticed within 10 ms, if anybody waits for
// the context; it costs a request nothing that is answered sooner.
//
// # Idle connections
//
// On Linux a TCP connection that has had no request for one to two seconds needs no goroutine
// until there is input. A connection that others than the server close then, which they may
// learn from Config.ConnState, is noticed within a second, or at once if it has a method
// OnClose(func()) and calls the function that the server gives it there.
//
// # Differences from net/http's server
//
// Besides strictness, and the end of a client's input: the order of header fields is not
// sorted, and what package proxy passes on keeps its order and the case of its names, in
// both directions; Cache-Control is not derived from Pragma; 1xx responses are not sent to clients
// of HTTP/1.0; a connection with input that was not read is closed without a reset after
// any response; Close of a request's body does not wait for the client, and
// http.MaxBytesReader does not close the connection by itself; there is no
// http.ServerContextKey, and no http.CloseNotifier. The differences are rows of the tests.
package h1
