// Package limits has the bounds on names that come with requests: the parsers of package
// resolve refuse what is longer, and who puts such texts together has to keep to the same.
package limits

const (
	TextBytes = 64 << 10 // of a path, a name tree, a prefix or a pattern
	DtabBytes = 1 << 20  // of a dtab
	Dentries  = 10_000   // entries of a dtab
)
