// Package h1 is an HTTP/1.1 client for one endpoint.
//
// A [Transport] is an [http.RoundTripper] with a pool of connections:
//
//	transport, err := h1.New(h1.Config{Addr: "10.0.0.1:8080", MaxConns: 100})
//	if err != nil {
//		log.Fatal(err)
//	}
//	defer transport.Close()
//	client := http.Client{Transport: transport}
//	resp, err := client.Get("http://web/hello") // goes to 10.0.0.1:8080
//
// It writes a request and reads its response on the caller's goroutine, and streams
// bodies both ways. It is strict about the responses that it accepts and about what it
// writes. Every [Error] says how much of the request was written and whether a response
// had begun.
//
// With Config.TLS it speaks TLS, as that configuration says. It does not speak HTTP/2 or the
// protocols of proxies, and does not follow redirects, keep cookies or decompress.
//
// # What is accepted
//
// Status lines of HTTP/1.0 and HTTP/1.1 with a code from 100 to 999; lines that
// end in CRLF; header names that are tokens, directly followed by a colon; values
// without control characters other than tab. At most one Content-Length, of digits
// only; at most one Transfer-Encoding, and it must be "chunked". With both,
// Transfer-Encoding counts and the connection is closed after the response. Chunk
// sizes of at most 15 digits, lines of at most 4 KiB in a chunked body, and chunk
// extensions that in the long run stay below twice the data. At most 32
// informational responses, and 101 only if the request asked for an upgrade and the
// response names one. Anything else is an error of the step "parse response" and closes
// the connection.
//
// # When a connection is used again
//
// Bytes that a peer sends without being asked would be taken for the response to the next
// request, which may be another client's. So a connection is used again only if its last
// exchange ended without doubt, and if neither its end nor further bytes have arrived when
// it is taken. That is not checked if it became idle less than 100 microseconds ago.
// Stats.Unasked counts the connections on which such bytes came.
//
// # Connections and their number
//
// Without Config.MaxConns a request that finds no idle connection makes one. With it, a
// request queues until another request returns a connection, or until a slot frees up
// because a connection was closed or could not be made; in that slot it dials its own. A
// request that is sent again keeps the slot of the connection that failed and does not
// queue again. A waiter that is cancelled at the moment of its turn passes the turn on.
// The request's context alone bounds the wait; ConnectTimeout does not.
//
// # TLS
//
// Config.TLS is handed to crypto/tls as it is: who verifies the peer, and by which name, is
// its matter. A handshake that fails is an [Error] of the step "connect" whose cause is that
// of crypto/tls; nothing was sent then. With TLS 1.3 a peer that refuses the client's
// certificate says so only to the first read. Before a secure connection is used again
// it is peeked at below TLS, and what has come is read.
//
// # Request bodies
//
// A body of at most 16 KiB with its head goes out with the head in one write if it is
// available without waiting: it has a Len method that covers Content-Length, as the types
// of package bytes do, or the request has GetBody. Any other body is written by a second
// goroutine while the response is read. If the response ends first, the connection and
// the body are closed. A body that waits for "100 Continue" is not sent when a final
// response comes that is not 2xx. A body that ends before its Content-Length breaks the
// connection. So does a body that turns out to be longer, but it is not read beyond its
// length to find out. RoundTrip and the response's body never wait for a Read of the
// request's body. The goroutine in that Read ends when the Read returns.
//
// # Cancellation
//
// When the context of a request ends, the connection is closed, and RoundTrip or the read
// of the body returns within five milliseconds. After an upgrade the context no longer
// affects the connection.
//
// # Differences from http.Transport
//
// Besides strictness: the Connection field stays in the header when it says "close",
// because its other options name fields that a hop has to remove; Cache-Control is not
// derived from Pragma; a Content-Length next to Transfer-Encoding is removed from
// responses to HEAD and from 304 as well; 2xx to CONNECT hands the connection over; the
// body of a request whose expectation was refused is not sent.
package h1
