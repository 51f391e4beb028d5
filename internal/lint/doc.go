// Package lint reports what is wrong with a dtab that can be read: entries that are
// never used, names that are rewritten for ever, weights without effect, and so on.
//
//	found, err := lint.Dtab("/svc => /$/inet/127.1/8080 | /#/io.l5d.fs", lint.Config{
//		Utilities: map[string]func(resolve.Path) lint.Answers{"inet": lint.AlwaysBound.ForAll},
//	})
//
// finds that /#/io.l5d.fs is never tried, because what stands before it is never
// Neg.
package lint
