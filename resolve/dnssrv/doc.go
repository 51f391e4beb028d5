// Package dnssrv is the namer io.l5d.dnssrv: a name is that of SRV records in
// DNS, which say where its replicas are (DnsSrvNamer.scala).
//
//	/#/io.l5d.dnssrv/<name>/...   such as /#/io.l5d.dnssrv/_http._tcp.web.example.org.
//
// What follows the name is the residual. A name that ends in a dot is absolute;
// another is looked up in the search domains of resolv.conf(5) too.
//
// # What an answer means
//
// No such name, or no SRV records, or none whose target has an address: Neg, so
// that the next alternate is tried.
//
// Of the records those of the lowest priority are used whose targets have an
// address; the others are not looked at. A record's weight is the weight of its
// address, shared where its target has several. Beside records that have a
// weight those of weight 0 have together the share of weight 1, which is the
// chance that RFC 2782 gives them. Where all addresses come to the same weight
// it is 1. A target is found among the records that came along, else at the
// same servers, else where the system looks for hosts. Of a target that has
// IPv4 addresses they are all that is used. Of those targets that were looked at
// and have no address, Replicas.Unresolved tells which and why.
//
// # Time
//
// A name that is in use is looked up again when the TTL of the answer is over
// (the lowest of all records that count, RFC 2308's for the answer that there
// is nothing), but neither sooner than after 5 s nor later than after 60 s;
// Config has both. Linkerd, which passes the TTL over, asks every 5 s.
//
// # Failures
//
// All that is not an answer is a failure: a timeout, SERVFAIL, an answer to
// another question. Each server is asked for at most 2 s, one after the other
// and each twice, 8 s in all. A name that is known stays what it was; one that
// is not has failed, where in Linkerd it is Neg. The failure is told to
// Config.ErrorLog and shown by [Namer.State], and the name is looked up again
// after the shortest time. A target that cannot be looked up stays where it
// was.
//
// # Limits
//
// A label that cannot be a domain name is Neg, and DNS is not asked. A name has
// at most 1000 records and 1000 addresses, leads through 8 aliases, and is
// tried in 8 search domains. At most 32 questions of a namer are under way.
package dnssrv
