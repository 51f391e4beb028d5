package accesslog

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// rolledNames are the names that a file gets when it is rolled:
// <prefix>-<stamp><extension>, and <prefix>-<stamp>.2<extension> if that is taken.
type rolledNames struct{ dir, prefix, extension string }

func rolledNamesOf(path string) rolledNames {
	dir, name := filepath.Split(path)
	n := rolledNames{dir: dir, prefix: name}
	if at := strings.LastIndexByte(name, '.'); at >= 0 {
		n.prefix, n.extension = name[:at], name[at:]
	}
	return n
}

// maxTaken bounds the search for a name that is not taken.
const maxTaken = 1000

// free is the name for a stamp that no file has.
func (n rolledNames) free(stamp string) (string, error) {
	for i := 1; i <= maxTaken; i++ {
		name := n.dir + n.prefix + "-" + stamp
		if i > 1 {
			name += "." + strconv.Itoa(i)
		}
		name += n.extension
		if _, err := os.Lstat(name); err != nil {
			return name, nil // it does not exist, or the renaming will say why
		}
	}
	return "", &fs.PathError{Op: "roll", Path: n.dir + n.prefix + "-" + stamp + n.extension, Err: fs.ErrExist}
}

// rolled is a file that was rolled.
type rolled struct {
	name, stamp string
	number      int // among those of the same stamp
}

// parse reads the name of a rolled file of n; ok is false for any other.
func (n rolledNames) parse(name string) (r rolled, ok bool) {
	rest, ok := strings.CutPrefix(name, n.prefix+"-")
	if !ok {
		return r, false
	}
	if rest, ok = strings.CutSuffix(rest, n.extension); !ok {
		return r, false
	}
	stamp, number, numbered := strings.Cut(rest, ".")
	r = rolled{name, stamp, 1}
	if numbered {
		var err error
		if r.number, err = strconv.Atoi(number); err != nil || r.number < 2 || r.number > maxTaken || strconv.Itoa(r.number) != number {
			return r, false
		}
	}
	day, hour, _ := strings.Cut(stamp, "-")
	return r, isDigits(day, 8) && (len(stamp) == 8 || isDigits(hour, 2) || isDigits(hour, 6))
}

func isDigits(text string, length int) bool {
	return len(text) == length && strings.Trim(text, "0123456789") == ""
}

// prune deletes the oldest rolled files, so that so many are left. It deletes no file
// whose name it would not give itself. (In Linkerd access.log has access2.log deleted.)
func (n rolledNames) prune(keep int) error {
	entries, err := os.ReadDir(cmp.Or(n.dir, "."))
	if err != nil {
		return err
	}
	var all []rolled
	for _, e := range entries {
		if r, ok := n.parse(e.Name()); ok && e.Type().IsRegular() {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b rolled) int {
		return cmp.Or(cmp.Compare(a.stamp, b.stamp), cmp.Compare(a.number, b.number))
	})
	for _, old := range all[:max(0, len(all)-keep)] {
		if err := os.Remove(n.dir + old.name); err != nil {
			return err
		}
	}
	return nil
}
