package admin

import (
	"net/http"

	"github.com/meshhop/meshhop/trace"
)

// tracingPage is /admin/tracing (TracingHandler.scala of twitter-server, where any method
// switches). GET shows the state, POST changes it.
func tracingPage(recording *trace.Switch) http.Handler {
	foreign := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refused(w, r, http.MethodGet, http.MethodHead, http.MethodPost) {
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		if r.Method != http.MethodPost {
			writeText(w, http.StatusOK, tracingState(recording.On()))
			return
		}
		if err := foreign.Check(r); err != nil {
			writeText(w, http.StatusForbidden, err.Error())
			return
		}
		switch query := r.URL.Query(); {
		case query.Get("enable") == "true":
			recording.Set(true)
			writeText(w, http.StatusOK, "Enabled Finagle tracing")
		case query.Get("disable") == "true":
			recording.Set(false)
			writeText(w, http.StatusOK, "Disabling Finagle tracing")
		default:
			writeText(w, http.StatusBadRequest, "Could not figure out what you wanted to do with tracing. Either enable or disable it: ?enable=true or ?disable=true")
		}
	})
}

func tracingState(on bool) string {
	const how = "\n\nTo change it: curl -X POST .../admin/tracing?enable=true or ?disable=true. It counts until the process ends.\n"
	if on {
		return "enabled: spans are recorded as the configuration says" + how
	}
	return "disabled: no span is recorded; trace ids are passed on" + how
}
