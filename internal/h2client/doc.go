// Package h2client is an HTTP/2 client for one endpoint, on net/http's connections.
//
// The frames are net/http's ([http.ClientConn]). What is ours is which connections there
// are and for how long, and what became of a request that failed: net/http's own pool sends
// requests again by itself, and does not say which ones the peer has not processed.
//
// # Connections and their number
//
// A connection carries as many requests at a time as the peer allows. Only when all are full
// is another one made, one at a time. A request waits for whatever comes first: a stream of a
// connection, or the new connection. With Config.MaxConns there are no more connections than
// that, and Config.MaxWaiters bounds the requests that wait. A connection counts from when
// the peer has sent its SETTINGS: a peer that does not speak HTTP/2, or that refuses our
// certificate, is a peer to which no connection can be made, and nothing was sent to it.
//
// A connection on which the peer sends GOAWAY takes no further requests. Those that it has
// begun to process run to their end.
//
// # Bodies
//
// Both bodies are streamed, at the same time. Flow control goes from the reader of the
// response to the peer: at most Config.StreamWindowBytes of a response are kept. Neither
// RoundTrip nor the end of the response waits for a Read of the request's body; the goroutine
// in that Read ends when the Read returns. When the response has ended, the rest of the
// request's body is not sent.
package h2client
