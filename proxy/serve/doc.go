// Package serve is a server of HTTP/1.1 and HTTP/2 for any http.Handler. It can be drained without
// losing a request, it can be given another handler while it runs, and it does not
// wait for ever for slow clients.
//
// A drain ([Server.Shutdown]) refuses new connections, finishes the requests in flight
// and those that clients send meanwhile on connections that are open, and has each
// response ask its client to close the connection. http.Server's own Shutdown closes
// idle connections at once: a client that sends a request at that moment gets an
// error.
//
// The limits on time ([Config]) count only while the server waits for the client. A
// handler may take as long as it likes, and a response may have pauses.
//
// HTTP is spoken by package h1 or, if [Config].Engine says so, by net/http's server. What
// net/http's cannot do: answer a client that has ended its side of the connection (it takes
// that for its leaving), let the handler answer what is refused before it gets it (a method
// Refuse, as that of proxy.Handler), answer a head that is late, and tell how long heads are.
//
// HTTP/2 is spoken by net/http's server in any case, where [Config.Protocols] has it. A drain
// first warns the clients (GOAWAY), serves what they sent meanwhile, and then refuses later
// streams, which they can send again. The limits count for each stream and for the connection
// as a whole, and a client that keeps the server busy with resets or with frames that ask for
// nothing loses its connection. Trailers of requests that were not announced, by a field
// Trailer, are dropped, and net/http's server refuses requests with fields of HTTP/1
// connections with 400 and bodies of its own.
package serve
