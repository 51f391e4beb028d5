// Package inet is the namer behind /$/inet: a name that contains host and port. It is
// mounted as resolve.Config.Utilities["inet"], and with other settings as "fixedinet"
// and "io.buoyant.rinet":
//
//	/$/inet/<host>/<port>/...              the addresses of host
//	/$/inet/<port>/...                     port on 127.0.0.1
//	/$/fixedinet/...                       the same, looked up once
//	/$/io.buoyant.rinet/<port>/<host>/...  as /$/inet/<host>/<port>/...
//
// The host is an IP as Java reads one (127.1 is 127.0.0.1), or a name that is looked up
// again every 5 seconds while the replica set is in use. While the host does not exist it
// is looked up less and less often, in the end every 40 seconds. With fixedinet it is
// looked up only until it is found, and again after the set was out of use, which in
// package router happens after about a minute without requests. The rest of the name is
// the residual. The ID is the name up to there, as written (Namer.scala,
// InetResolver.scala, rinet.scala).
//
// Every well-formed name exists, so an alternate behind one is never tried. A
// host that does not exist has Replicas with Neg set, and Unresolved says so.
// When a look-up fails for another reason the state of Replicas is Failed; this
// package does not hide that, and the user of the set keeps the last good one.
package inet
