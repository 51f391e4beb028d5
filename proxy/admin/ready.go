package admin

import "net/http"

// readyPage is /admin/ready, for load balancers and Kubernetes: unlike /admin/ping it
// says no as soon as the process drains.
func readyPage(ending <-chan struct{}) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		select {
		case <-ending:
			writeText(w, http.StatusServiceUnavailable, "not ready\n")
		default:
			writeText(w, http.StatusOK, "ready\n")
		}
	})
}
