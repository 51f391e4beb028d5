package trace

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// samplerRules are the rates of names, those with the longest prefix first.
type samplerRules []samplerRule

type samplerRule struct {
	prefix string
	share
}

func samplerRulesOf(rates []ServiceRate) (samplerRules, error) {
	var all samplerRules
	for _, r := range rates {
		if err := checkRate(r.Rate); err != nil {
			return nil, fmt.Errorf("%w (of %.100q)", err, r.Prefix)
		}
		if len(r.Prefix) < 2 || r.Prefix[0] != '/' || strings.HasSuffix(r.Prefix, "/") || strings.Contains(r.Prefix, "//") {
			return nil, fmt.Errorf("trace: sampler: the prefix %.100q is no path such as /svc/users", r.Prefix)
		}
		if slices.ContainsFunc(all, func(other samplerRule) bool { return other.prefix == r.Prefix }) {
			return nil, fmt.Errorf("trace: sampler: the prefix %.100q occurs twice", r.Prefix)
		}
		all = append(all, samplerRule{r.Prefix, shareOf(r.Rate)})
	}
	slices.SortStableFunc(all, func(a, b samplerRule) int { return cmp.Compare(len(b.prefix), len(a.prefix)) })
	return all, nil
}

// of is the share of the traces of a name.
func (all samplerRules) of(name string, otherwise share) share {
	for i := range all {
		if isBelow(name, all[i].prefix) {
			return all[i].share
		}
	}
	return otherwise
}

// mayHave reports whether any rule keeps an id.
func (all samplerRules) mayHave(mixed uint64) bool {
	for i := range all {
		if all[i].has(mixed) {
			return true
		}
	}
	return false
}

// isBelow reports whether a name begins with a prefix, by whole segments.
func isBelow(name, prefix string) bool {
	return strings.HasPrefix(name, prefix) && (len(name) == len(prefix) || name[len(prefix)] == '/')
}
