// Package fs is the namer io.l5d.fs: a directory in which each file is a name
// and holds the addresses of its replicas.
//
//	# comment
//	127.1       8080
//	10.0.0.7    8080 * 0.5    # half of the normal share
//	db.example  5432          # looked up again every 5 seconds
//
// In /#/io.l5d.fs/<name>/... the name is that of a file; what follows is the
// residual. A directory is entered with the next label, and the ID grows with
// it. A name that is missing is Neg. One bad line makes the whole file fail
// with "malformed address: <line>", and so do more than 500 KB. An empty file
// is a replica set without addresses (WatchingNamer.scala, Watcher.scala).
//
// # Changes
//
// Files and directories may be created, written in place, replaced by rename,
// removed and made again. A change is seen within 100 ms. Where the file
// system gives no notice, as network ones do, it is seen within 5 seconds.
//
// A file is read when it has been still for a few milliseconds. Should a
// half-written one be malformed all the same, or the file be gone, the state
// of the replica set is Failed until it can be read again. This package does
// not hide that; who uses the set keeps the last good one.
//
// # Names from strangers
//
// A label that is ".", ".." or over 255 bytes, or that holds "/" or a NUL, is
// Neg. Symbolic links are followed as long as they stay below the root; one
// that leads out is a failed look-up.
package fs
