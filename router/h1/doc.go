// Package h1 is an HTTP/1.1 client for one endpoint: the fast path of a hop.
//
// A [Transport] is an [http.RoundTripper]. It writes a request and reads its
// response on the caller's goroutine, keeps connections in a bounded stack without a
// goroutine of their own, reads the head of a response into one string and one
// slice, and streams bodies both ways. It is strict about which responses it accepts
// and about what it writes. Every error says how much of the request was written and
// whether a response had begun (see [Error]).
//
// It does not speak TLS (a Config.Dial may), HTTP/2 or the protocols of proxies,
// does not follow redirects, keep cookies or decompress, and ignores
// net/http/httptrace: see [Observer].
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
// response names one. Anything else is an error of [wire.OpParse] and closes the
// connection.
//
// # When a connection is used again
//
// Bytes that a peer sends unasked would be taken for the response to the next
// request, which may be another client's. So a connection serves a further request
// only if all of these rules hold, and is closed otherwise. To check a connection is
// to ask the system, without reading, whether the peer closed it or sent something;
// in both cases it is closed.
//
//  1. The response ended where its framing says: at its Content-Length, after the
//     trailer section of its last chunk, or with its head if it is a response to
//     HEAD, a 204, a 304 or of length 0. A response that ends with its connection
//     is the last one.
//  2. The framing is unambiguous: not both Content-Length and Transfer-Encoding, and
//     in a 204 no length other than 0 and no encoding (RFC 9110 section 8.6, RFC
//     9112 section 6.3).
//  3. No byte came after the end. If the last read filled its buffer entirely, as a
//     read directly into the caller's buffer does when it ends with the body, the
//     connection is checked once. For a connection that cannot be checked, reads
//     leave room for further bytes, and it is closed if that room was used.
//  4. The request was written entirely, before the response ended or within 50
//     milliseconds after it if its last write had begun; and if the request waited
//     for 100 Continue, its body was wanted.
//  5. Neither side sent "close", and a peer of HTTP/1.0 sent "keep-alive".
//  6. If the body was closed before its end, the rest of it had already arrived.
//  7. Informational responses change nothing, up to 32 of them. After 101 and after
//     2xx to CONNECT the connection belongs to the caller for good.
//  8. The exchange did not fail, and its context did not end before the response.
//  9. It is younger than MaxLifetime and was idle for less than IdleTimeout and
//     SessionIdleTimeout, both when it becomes idle and when it is taken.
//  10. It is checked when it is taken, unless it became idle less than 100
//     microseconds ago. So bytes that come within that time can be taken for a
//     response.
//  11. After a response without a body it is always checked when it is taken: a peer
//     that wrongly sends a body sends it then.
//  12. A peer that sent unasked bytes on a connection that was idle for less than a
//     second is not trusted for a minute: its connections are always checked and,
//     unless MaxConns is reached, rest for 5 milliseconds first while others are
//     made. Stats.Unasked counts such connections.
//  13. A connection that cannot be checked (no [syscall.Conn], or not on Unix) is
//     read for a millisecond instead if it was idle for a second, and is otherwise
//     trusted.
//  14. Of the idle connections the one used last is taken, so that the others can
//     expire; under rule 12 the one that has been idle for longest.
//  15. A request that asks for a connection that never served gets none of these
//     (see [FreshTaker]).
//
// # Connections and their number
//
// Without Config.MaxConns a request that finds no idle connection makes one.
// With it, a request queues until another request returns a connection, or until a
// slot frees up because a connection was closed or could not be made; in that slot
// it dials its own. A request that is sent anew keeps the slot of the connection
// that failed and does not queue again. A waiter that is cancelled at the moment of
// its turn passes the turn on. The request's context alone bounds the wait;
// ConnectTimeout does not.
//
// MaxConns and MinIdle are the high and the low watermark of Finagle's pool
// (WatermarkPool.scala, CachingPool.scala), except that MinIdle counts only idle
// connections while the low watermark counts those in use as well.
//
// # Request bodies
//
// A body of at most 16 KiB with its head that is at hand already goes out with
// the head in one write. A body is at hand if it has a Len method that covers
// Content-Length, as the types of package bytes do, or if the request has GetBody.
// Any other body is written by a second goroutine, while the caller's goroutine
// reads the response; if the response ends first, the connection and the body are
// closed. A body that waits for "100 Continue" is not sent when a final response
// comes that is not 2xx. A body that ends before its Content-Length breaks the
// connection; so does a body that is seen to be longer, but it is not read beyond
// its length to find out. RoundTrip and the response's body never wait for a Read of
// the request's body; the goroutine in that Read ends when the Read returns.
//
// # Cancellation
//
// A read begins with a deadline of four milliseconds; the context is watched once
// that has passed, or from the fifth read of an exchange on. So RoundTrip returns at
// once when its context ends, or within five milliseconds at the start of a request,
// and contexts of requests with prompt responses cost nothing. The connection is
// closed when the context ends. After an upgrade the context no longer affects the
// connection.
//
// # Design
//
// Figures are from one machine with two cores, and variants were compared in one
// run; CPU is that of a client with 64 callers that get 1 KiB from a server in
// another process.
//
//   - Against http.Transport: 20 us of CPU per request against 44 (medians of
//     nine rounds; ratio 0.45, quartiles 0.42 and 0.49), 5 allocations against
//     45. Over 70 % of what is left are the two system calls.
//   - The five allocations: the response (http.Response and its body in one), the
//     text of the head, the values, and the header map with its first group. With a
//     [HeaderTaker] there are three. A POST from memory takes 7 and a streamed one
//     13, most of them for the caller's body and the second goroutine.
//   - Names are made canonical in the read buffer before it becomes a string,
//     so that they need no strings of their own and no table of known names.
//   - Client and server in one process, best of six each, take 24.6 us. Tried and
//     dropped: context.AfterFunc for each request, 26.0 us and 3 allocations more;
//     setting the deadline for each read instead of when it is half used up, 25.2;
//     checking a connection before each use, 27.3, of which the system call is 0.7.
//   - Dropped: a second goroutine for bodies in memory: a POST of 1 KiB took 56 us
//     with the server's share instead of 31.
//   - Dropped: sorted header lines, as net/http writes them: no recipient may
//     depend on the order, and sorting a map costs an allocation.
//   - Reading 1 MiB takes 0.5 to 0.75 of http.Transport's CPU, including the
//     server's share and without splice, because reads bypass the buffer and go
//     directly into the caller's.
//
// Deliberate differences from http.Transport, besides strictness: the Connection
// field stays in the header when it says "close", because its other options name
// fields that a hop has to remove; Cache-Control is not derived from Pragma; a
// Content-Length next to Transfer-Encoding is removed from responses to HEAD and
// from 304 as well; 2xx to CONNECT hands the connection over; the body of a request
// whose expectation was refused is not sent.
package h1
