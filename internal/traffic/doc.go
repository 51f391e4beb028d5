// Package traffic is what a server, or a client, tells of its connections: how many bytes
// went over them and how long they lasted, and of a server besides, how each request was
// served and which ones never came to its handler. Whoever keeps an account of connections
// implements [Conns] or [Server]; tally has counters and histograms. An implementation of
// an HTTP server calls them:
//
//	observer.Opened()
//	observer.Served(traffic.Exchange{Status: 200, Received: 78, Sent: 140})
//	observer.Moved(78, 140)
//	observer.Closed(traffic.Conn{At: now, Lasted: now.Sub(opened), Requests: 1, Received: 78, Sent: 140})
//
// Package traffictest checks whether a server keeps what the interfaces promise.
//
// All values are passed, none is allocated. Methods are called from the goroutines of
// connections, several at the same time, and must not block.
package traffic
