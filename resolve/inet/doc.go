// Package inet is the namer behind /$/inet: a name that says host and port
// itself. It is mounted as resolve.Config.Utilities["inet"].
//
//	/$/inet/<host>/<port>/...   the addresses of host
//	/$/inet/<port>/...          port on 127.0.0.1
//
// The host is an IP as [resolve.ParseIP] reads it, or a name that is looked up
// again every 5 seconds while the replica set is in use. What follows the port
// is the residual. The ID is /$/inet/<host>/<port> as written
// (Namer.scala, InetResolver.scala).
//
// Every well-formed name exists, so an alternate behind one is never tried. A
// host that does not exist has Replicas with Neg set. When a look-up fails for
// another reason the state of Replicas is Failed; this package does not hide
// that, and who uses the set keeps the last good one.
package inet
