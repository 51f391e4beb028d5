// Package config makes a running mesh of a Linkerd 1.x configuration file.
//
//	file, err := config.Load("linkerd.yaml", data, config.Builtin())
//	mesh, err := file.Build(config.BuildOptions{})
//
// Package proxy/app runs a file: it listens, serves the admin server, reloads and
// drains. Use this package alone if your program wants to serve the handlers of a file
// itself.
//
// KEYS.md in this folder lists all keys of a file with their defaults, what they do,
// and the Go fields that they become.
//
// # Errors
//
// [Load] is strict: nothing that a file asks for is silently left out. These are
// errors: an unknown key, a value of the wrong type, a missing key, a second key of the
// same name, a port or a label that is used twice, a dtab or path that cannot be
// parsed, and whatever Linkerd 1.7 has but this package does not support. All errors
// are returned at once, in the order of the file:
//
//	linkerd.yaml:4:3: routers[0].servrs: unknown key (did you mean "servers"?)
//	linkerd.yaml:9:9: namers[0].kind: io.l5d.consul is not supported: Consul answers SRV queries, so io.l5d.dnssrv with its port 8600 in dnsHosts finds the same instances
//
// [File.Notices] has what is accepted without an effect, or with another effect than in
// Linkerd. [File.Lint] finds what is wrong with a dtab that can be parsed, and [Check]
// returns all of that at once. [File.Build] makes the parts, and [Mesh.Close] ends them.
//
// # The form of a file
//
// A file is one document of YAML or JSON, at most 1 MiB of UTF-8 with 100000 values and
// 100 levels. Anchors and aliases may be used, merge keys (<<) may not. A key without a
// value counts as absent. Keys and kinds are case-sensitive.
//
// Numbers are written in plain decimal and may be quoted, as "4140", which templates
// often produce. 4_140, 0x102c and 010 are refused because YAML parsers disagree about
// them. Booleans are true and false, also in quotes, and without quotes yes, no, on and
// off, which are booleans in the YAML 1.1 that Linkerd reads. Text may look like a
// number.
//
// # Kinds of your own
//
// [Builtin] returns a new table of kinds, to which a program may add its own before it
// calls [Load] or app.Main. A kind is a function that reads its keys with a [Decoder],
// which is as strict for it as for the built-in kinds and writes the same messages; see
// the example of [Kinds] and the module examples/custom.
//
// # Names that namers and transformers get
//
// A namer is mounted at /#/<prefix>, and its prefix is the kind's name unless the file
// has the key prefix. A transformer puts /%/<prefix> before the ids of the replica sets
// that it changes. The utilities of Linkerd are below /$/.
package config
