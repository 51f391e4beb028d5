package admin

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

const (
	// maxLabelBytes bounds a label that is a name: names come from clients.
	maxLabelBytes = 200
	// maxNames bounds how many services, and how many clients, of one router have
	// series of their own. All others share one.
	maxNames = 500
	// otherNames is the label of that one. No name looks like this, because parentheses
	// are escaped in names.
	otherNames = "(other)"
)

// labelOf is a name as a label: without its leading slash, and, if it is too long, its
// beginning and a hash of all of it, so that no two labels are equal.
func labelOf(name resolve.Path) string { return label(name.String()) }

func label(name string) string {
	text := strings.TrimPrefix(name, "/")
	if len(text) <= maxLabelBytes {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	hash := "~" + hex.EncodeToString(sum[:16])
	return strings.ToValidUTF8(text[:maxLabelBytes-len(hash)], "") + hash
}

// busiest splits the statistics of all names into those of the names with the most
// requests, which have series of their own and are sorted by their names, and the rest.
func busiest[S any](all []S, requests func(S) uint64, name func(S) resolve.Path) (own, rest []S) {
	byName := func(a, b S) int { return cmp.Compare(name(a).String(), name(b).String()) }
	if len(all) > maxNames {
		slices.SortFunc(all, func(a, b S) int { return cmp.Or(cmp.Compare(requests(b), requests(a)), byName(a, b)) })
		all, rest = all[:maxNames], all[maxNames:]
	}
	slices.SortFunc(all, byName)
	return all, rest
}

func busiestServices(all []router.ServiceStats) (own, rest []router.ServiceStats) {
	return busiest(all, func(s router.ServiceStats) uint64 { return s.Success + s.Failures },
		func(s router.ServiceStats) resolve.Path { return s.Name })
}

func busiestClients(all []router.ClientStats) (own, rest []router.ClientStats) {
	return busiest(all, func(s router.ClientStats) uint64 { return s.Success + s.Failures },
		func(s router.ClientStats) resolve.Path { return s.ID })
}
