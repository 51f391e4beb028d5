package main

import (
	"context"
	"debug/buildinfo"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A binary has two twins with -before, which do what it does: the binary of an
// earlier commit, and the present one once more. What differs between the present
// one and itself is noise.
func beforeName(name string) string { return name + ", before" }
func againName(name string) string  { return name + ", again" }

// withTwins puts the twins of each binary after it. All of them are measured at a
// fixed rate, too.
func withTwins(all []*candidate, before string) []*candidate {
	var field []*candidate
	for _, c := range all {
		field = append(field, c)
		if !c.binary {
			continue
		}
		c.latency = true
		earlier, again := *c, *c
		earlier.name, again.name = beforeName(c.name), againName(c.name)
		earlier.start = func(ctx context.Context, s site) (*process, string, error) {
			return runMeshhop(ctx, s, before)
		}
		field = append(field, &earlier, &again)
	}
	return field
}

// builtOtherwise says how the earlier binary was built otherwise than the present
// one, other than from another commit: ratios show that as well.
func builtOtherwise(field []*candidate) []string {
	paths := map[string]string{}
	for _, c := range field {
		paths[c.name] = c.process.cmd.Path
	}
	for _, c := range field {
		earlier, found := paths[beforeName(c.name)]
		if !found {
			continue
		}
		was, err := buildinfo.ReadFile(earlier)
		if err != nil {
			return []string{err.Error()}
		}
		is, err := buildinfo.ReadFile(paths[c.name])
		if err != nil {
			return []string{err.Error()}
		}
		return settingsChanged(was, is)
	}
	return nil
}

func settingsChanged(was, is *buildinfo.BuildInfo) []string {
	settings := func(b *buildinfo.BuildInfo) map[string]string {
		all := map[string]string{"Go": b.GoVersion}
		for _, s := range b.Settings {
			// Neither the commit nor the paths in stack traces change what runs.
			if !strings.HasPrefix(s.Key, "vcs") && s.Key != "-trimpath" {
				all[s.Key] = s.Value
			}
		}
		return all
	}
	old, now := settings(was), settings(is)
	keys := maps.Clone(old)
	maps.Copy(keys, now)
	var changed []string
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if old[key] != now[key] {
			changed = append(changed, fmt.Sprintf("%s was %q, is %q", key, old[key], now[key]))
		}
	}
	return changed
}
