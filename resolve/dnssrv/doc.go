// Package dnssrv is the namer io.l5d.dnssrv: a name is that of SRV records in DNS,
// which say where its replicas are (DnsSrvNamer.scala).
//
//	namer, err := dnssrv.New(dnssrv.Config{})
//
// resolves
//
//	/#/io.l5d.dnssrv/<name>/...   such as /#/io.l5d.dnssrv/_http._tcp.web.example.org.
//
// What follows the name is the residual. A name that ends in a dot is absolute; other
// names are also looked up in the search domains of resolv.conf(5).
//
// # What an answer means
//
// A name that does not exist, or has no SRV records, or none whose target has an
// address, is Neg, so that the next alternate is tried.
//
// Of the records whose targets have an address, those of the lowest priority are used;
// the others are not resolved. A record's weight is the weight of its address, divided
// if its target has several. Beside records with a weight, the records of weight 0
// share the weight 1, which is the chance that RFC 2782 gives them. If all addresses
// have the same weight it is 1. A target's addresses are taken from the records that
// came with the answer, else from the same servers, else from the system's resolver. Of
// a target with IPv4 addresses only these are used. Replicas.Unresolved says which of
// the targets that were resolved have no address, and why.
//
// # Time
//
// A name in use is looked up again when the TTL of the answer is over: the lowest TTL of
// all records that count, or RFC 2308's for a negative answer, but at least 5 s and at
// most 60 s (Config has both). Linkerd ignores the TTL and asks every 5 s.
//
// # Failures
//
// Everything but an answer is a failure: a timeout, SERVFAIL, the answer to another
// question. Each server is asked for at most 2 s, one after the other and each twice, 8 s
// in all. After a failure a known name keeps its meaning; one that is not known yet has
// failed, where in Linkerd it is Neg. The failure goes to Config.ErrorLog and is shown
// by [Namer.State], and the name is looked up again after the shortest time. A target
// that cannot be resolved keeps its addresses.
//
// # Limits
//
// A label that cannot be a domain name is Neg, and DNS is not asked. A name has at most
// 1000 records and 1000 addresses, leads through at most 8 aliases, and is tried in at
// most 8 search domains. A namer has at most 32 questions in flight.
package dnssrv
