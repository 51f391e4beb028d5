package admin

import "net/http"

// readyPage is /admin/ready, for load balancers and Kubernetes: unlike /admin/ping it
// says no as soon as the process drains.
func readyPage(ready func() bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if ready() {
			writeText(w, http.StatusOK, "ready\n")
			return
		}
		writeText(w, http.StatusServiceUnavailable, "not ready\n")
	})
}
