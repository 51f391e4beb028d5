package admin

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// names are the names that are taken, each within a scope: no two series of a metric may
// have the same labels.
type names map[[2]string]bool

// free takes a name, with a number if it is taken already. A name that cannot be a label
// is an error.
func (n names) free(field, scope, name string) (string, error) {
	if !utf8.ValidString(scope) || !utf8.ValidString(name) {
		return "", configError(field, fmt.Sprintf("has a name that is not UTF-8 text: %q", scope+name))
	}
	free := name
	for i := 2; n[[2]string{scope, free}]; i++ {
		free = name + "#" + strconv.Itoa(i)
	}
	n[[2]string{scope, free}] = true
	return free, nil
}
