package admin

import (
	"encoding/json"
	"net/http"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"time"
)

// serverInfo is what /admin/server_info shows of the program. The keys that Linkerd has
// too are named as there (ServerInfoHandler.scala of twitter-server).
type serverInfo struct {
	Name      string `json:"name"`
	Version   string `json:"version"`
	Build     string `json:"build"`
	Revision  string `json:"build_revision"`
	Go        string `json:"go_version"`
	StartTime string `json:"start_time"`
	Uptime    int64  `json:"uptime"` // in milliseconds
}

// serverInfoPage shows no environment, arguments or flags: they may hold secrets.
func serverInfoPage(version string, started time.Time) http.Handler {
	info := serverInfo{Name: "meshhop", Version: version, Go: runtime.Version()}
	if build, ok := debug.ReadBuildInfo(); ok {
		info.Build = build.Main.Version
		for _, s := range build.Settings {
			if s.Key == "vcs.revision" {
				info.Revision = s.Value
			}
		}
	}
	info.StartTime = started.UTC().Format(time.RFC3339)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i := info
		i.Uptime = time.Since(started).Milliseconds()
		if wantsHTML(r) {
			text, _ := json.MarshalIndent(i, "", "  ") // of texts and a number
			writePreformatted(w, r, "Server info", string(text))
			return
		}
		w.Header().Set("Vary", "Accept")
		writeJSON(w, i)
	})
}

// threadsPage is the stacks of all goroutines, as text.
func threadsPage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", plainText)
	_ = pprof.Lookup("goroutine").WriteTo(w, 2)
}
