package lint

import "github.com/meshhop/meshhop/resolve"

// Config says what a dtab is used with.
type Config struct {
	// Requests are the names that requests have. If it is empty these names are
	// not known, and no entry is reported as unreachable.
	Requests []Names
	// Namers are the namers that are mounted.
	Namers []Namer
	// Utilities are the names below /$/, beside nil and fail: what each may
	// answer for all names that begin with rest.
	Utilities map[string]func(rest resolve.Path) Answers
	// Nearest finds the word that a misspelt one was meant to be, "" if none is
	// near. Nil means that nothing is suggested.
	Nearest func(word string, words []string) string
}

// Names are the names that Prefix matches; with Exact only those as long as it.
type Names struct {
	Prefix resolve.Prefix
	Exact  bool
}

func (n Names) String() string {
	switch {
	case n.Exact:
		return n.Prefix.String()
	case n.Prefix.Len() == 0:
		return "/..."
	}
	return n.Prefix.String() + "/..."
}

// Namer is a mounted namer.
type Namer struct {
	Prefix  resolve.Path
	Answers Answers
}

// Answers says what a namer may answer, apart from failing.
type Answers uint8

// What a namer may answer. The zero value promises nothing.
const (
	AnyAnswer   Answers = iota // Neg, a replica set, other names to look up
	NoOtherName                // Neg or a replica set
	AlwaysBound                // a replica set, whatever the name, as /$/inet
)

// ForAll gives the same answers for all names; it is a function for [Config].
func (a Answers) ForAll(resolve.Path) Answers { return a }
