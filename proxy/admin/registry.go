package admin

import (
	"encoding/json"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/meshhop/meshhop/internal/hophandler"
)

// maxRegistryClients bounds the replica sets of each router on the page.
const maxRegistryClients = 500

// registryPage is /admin/registry.json (RegistryHandler.scala of twitter-server): what was
// built, and how the routers are configured. Linkerd's has the environment, too, which may
// hold secrets.
func registryPage(c Config) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var shown any = registry(c)
		if filter := r.URL.Query().Get("filter"); filter != "" {
			words := strings.Split(strings.Trim(filter, "/"), "/")
			for len(words) > 0 && words[0] == "registry" {
				words = words[1:]
			}
			shown = filtered(shown, words)
		}
		if shown == nil {
			shown = map[string]any{}
		}
		writeJSON(w, map[string]any{"registry": shown})
	})
}

func registry(c Config) map[string]any {
	all := map[string]any{"build": buildFacts(c.Version)}
	if c.Effective != nil {
		all["config"] = decoded(c.Effective())
	}
	routers := map[string]any{}
	for _, r := range c.Routers {
		servers := map[string]any{}
		for _, s := range c.Servers {
			if s.Handler.Router() == r {
				own := (*hophandler.Handler)(s.Handler)
				servers[s.Name] = map[string]any{"clearContext": own.ClearsContext(), "ignoresDtabs": own.IgnoresDtabs()}
			}
		}
		clients := map[string]any{}
		for _, s := range r.ClientStats() {
			if state, ok := r.View().ClientState(s.ID); ok && len(clients) < maxRegistryClients {
				clients[s.ID.String()] = map[string]any{"loadBalancer": state.Balancer, "failureAccrual": state.Accrual, "backoff": state.Backoff}
			}
		}
		routers[r.Label()] = map[string]any{"dtab": r.Dtab().String(), "server": servers, "client": clients}
	}
	all["router"] = routers
	return all
}

// buildFacts are what the program was built from. The keys are Linkerd's where it has them.
func buildFacts(version string) map[string]any {
	facts := map[string]any{"name": "meshhop", "version": version, "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH}
	if build, ok := debug.ReadBuildInfo(); ok {
		facts["module"] = build.Main.Path + "@" + build.Main.Version
		dependencies := map[string]any{}
		for _, d := range build.Deps {
			dependencies[d.Path] = d.Version
		}
		facts["dependencies"] = dependencies
		for _, s := range build.Settings {
			if strings.HasPrefix(s.Key, "vcs.") {
				facts[strings.TrimPrefix(s.Key, "vcs.")] = s.Value
			}
		}
	}
	return facts
}

// decoded is a text in JSON as a value.
func decoded(text []byte) any {
	var v any
	if json.Unmarshal(text, &v) != nil {
		return nil
	}
	return v
}

// filtered is what of a value has these words as the first keys of its path, "*" for any;
// nil: nothing.
func filtered(v any, words []string) any {
	if len(words) == 0 {
		return v
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	kept := map[string]any{}
	for key, below := range object {
		if words[0] != "*" && words[0] != key {
			continue
		}
		if part := filtered(below, words[1:]); part != nil {
			kept[key] = part
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}
