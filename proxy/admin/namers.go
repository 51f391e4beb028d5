package admin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/meshhop/meshhop/resolve"
)

// enumerator is a namer that knows which names it has; see Config.Namers.
type enumerator interface {
	Names() ([]resolve.Path, error)
}

// stateful is a namer with a state to show; see Config.Namers.
type stateful interface {
	State() any
}

// boundNames is /bound-names.json: the names of all namers that know theirs, or, if there
// are none, one empty name (BoundNamesHandler.scala).
func boundNames(namers []resolve.Mount) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		var all []string
		for _, m := range namers {
			namer, ok := m.Namer.(enumerator)
			if !ok {
				continue
			}
			names, err := namer.Names()
			if err != nil {
				writeText(w, http.StatusInternalServerError, brief(m.Prefix.String()+": "+err.Error()))
				return
			}
			for _, name := range names {
				all = append(all, m.Prefix.Append(name).String())
			}
		}
		if len(all) == 0 {
			all = []string{""}
		}
		slices.Sort(all)
		writeJSON(w, slices.Compact(all))
	})
}

// addNamerStates adds a page for each namer that has a state. Of two namers with the same
// prefix, the later one has the page, because names are looked up in it first.
func addNamerStates(pages map[string]http.Handler, namers []resolve.Mount) {
	for _, m := range namers {
		if namer, ok := m.Namer.(stateful); ok {
			pages[statePath(m.Prefix)] = statePage(namer.State)
		}
	}
}

// addStates adds the pages of other parts.
func addStates(pages map[string]http.Handler, states map[string]func() any) error {
	for path, state := range states {
		if !strings.HasPrefix(path, "/") || pages[path] != nil || isIndex(path) || state == nil {
			return configError(fmt.Sprintf("States[%q]", path), "has a path that is taken or does not begin with /, or is nil")
		}
		pages[path] = statePage(state)
	}
	return nil
}

func statePage(state func() any) http.Handler {
	return reading(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, state()) }))
}

// statePath is the path of a namer's page: its prefix without /#.
func statePath(prefix resolve.Path) string {
	if prefix.Len() > 1 {
		prefix = prefix.Drop(1)
	}
	return "/namer_state/" + strings.TrimPrefix(prefix.String(), "/") + ".json"
}

func writeJSON(w http.ResponseWriter, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		writeText(w, http.StatusInternalServerError, brief(err.Error()))
		return
	}
	w.Header().Set("Content-Type", jsonType)
	_, _ = w.Write(body)
}

func checkNamers(namers []resolve.Mount) error {
	for i, m := range namers {
		if m.Namer == nil {
			return configError(fmt.Sprintf("Namers[%d]", i), "has no Namer")
		}
	}
	return nil
}
