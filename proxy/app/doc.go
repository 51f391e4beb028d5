// Package app is the program meshhop as a library call, so that a program with
// kinds of its own is a main function and a go.mod:
//
//	func main() {
//		kinds := config.Builtin()
//		kinds.Namers["example.toy"] = toyNamer
//		app.Main(app.Options{Kinds: kinds})
//	}
//
// [Main] is the whole command line. [Run] is the command run alone, for a program
// that has a command line of its own. The module examples/custom is such a program.
//
// The commands are:
//
//	meshhop run FILE             run a Linkerd 1.x configuration file; meshhop FILE does, too
//	meshhop check FILE...        check it and its dtabs; errors have line and column
//	meshhop explain [FILE] WHAT  explain where a name or a request goes, step by step
//	meshhop demo                 run a whole mesh in one process, on loopback
//	meshhop doctor               check what a hop would miss on Kubernetes, and print what to do
//	meshhop decode HEADER        print an l5d-ctx-trace value in words
//	meshhop collector            run an in-memory Zipkin-compatible collector
//	meshhop version              print the version; --version does, too
//
// A FILE may be "-", for standard input. Each command prints its flags with -h; they
// may stand before, between and behind the words.
//
// The flags -server and -client of run and demo choose who speaks HTTP/1.1 with the clients
// and with the endpoints: h1, the packages of this module, or net/http.
//
// SIGTERM and Ctrl-C end a command in order: it takes no new connections, finishes
// the requests in flight and sends its spans, within admin.shutdownGraceMs where a
// file is run. SIGHUP has run read its file again: it takes the new configuration
// without losing a request, or says what is wrong with it and keeps the old one.
package app
