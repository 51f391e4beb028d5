// Package fs is the namer io.l5d.fs: a directory in which each file is a name
// and holds the addresses of its replicas.
//
//	# comment
//	127.1       8080
//	10.0.0.7    8080 * 0.5    # half of the normal share
//	db.example  5432          # looked up again every 5 seconds, see below
//
// [New] makes it of the directory:
//
//	namer, err := fs.New(fs.Config{RootDir: "/etc/disco"})
//
// In /#/io.l5d.fs/<name>/... the name is that of a file; the rest is the residual. A
// directory is entered with the next label, and the ID grows with it. A missing file is
// Neg. One bad line makes the whole file fail with "malformed address: line 3 is not an
// address", and so do more than 500 KB. An empty file is a replica set without addresses
// (WatchingNamer.scala, Watcher.scala). A host that does not exist has no addresses;
// Replicas.Unresolved says so, and it is looked up less and less often, in the end every
// 40 seconds.
//
// # Changes
//
// Files and directories may be created, written in place, replaced by rename,
// removed and made again, and so may the symbolic links that lead to them and
// their targets: Kubernetes changes a mounted ConfigMap that way. A change is seen
// within 100 ms. If the file system gives no notice, as network file systems do not, or
// if a directory above the root is renamed, it is seen within 5 seconds.
//
// A file is read when it has not changed for 10 ms, and counts as empty when it has been
// empty for 70 ms: a program that writes in place truncates it first. If a half-written
// file is malformed all the same, or if the file is gone, the state of the replica set
// is Failed until it can be read again. This package does not hide that; the user of the
// set keeps the last good one.
//
// # A dtab in a file
//
// [DtabFile] is what the interpreter io.l5d.fs adds to the default one: it watches and
// reads a file in the same way, and its content is the base dtab
// (FsInterpreterConfig.scala). While the file is missing, is longer than 500 KB, or is
// not a dtab, it has failed with that reason: names that are bound stay so, and new ones
// fail. In Linkerd new names wait for a missing file, until the binding times out.
//
// # Names from strangers
//
// A label that begins with a dot, is over 255 bytes, or holds "/" or a NUL, is
// Neg. Symbolic links, relative and absolute ones, are followed as long as they
// stay below the root; one that leads out is a failed look-up. A failure never
// shows the content of a file: Linkerd's shows the line that is not an address.
package fs
