// Package keydoc makes the reference of all configuration keys out of
// proxy/config/KEYS.md, which the loader's tests keep complete and true:
//
//	reference, err := keydoc.Parse(config.Keys())
//	err = reference.HTML(os.Stdout)
//	found, err := reference.Text(os.Stdout, "zipkin-telemeter")
//
// Each section, each kind and each key has an anchor. Those of sections and kinds that
// Linkerd has are the ones of its documentation, so that links to that need only
// another host.
package keydoc
