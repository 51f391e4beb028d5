package admin

import (
	"net/http"

	"github.com/meshhop/meshhop/router"
)

// clientState is what is known of one replica set (ClientStateHandler.scala).
type clientState struct {
	State     string   `json:"state"` // "bound", or "Neg" for a set without endpoints
	Addresses []string `json:"addresses"`
}

// clientStatePage is /client_state.json: the endpoints of each replica set that requests
// use, by its id. One that several routers use is there once.
func clientStatePage(routers []*router.Router) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		all := map[string]clientState{}
		for _, r := range routers {
			for _, c := range r.ClientStats() {
				one := clientState{State: "Neg", Addresses: []string{}}
				for _, e := range c.Endpoints {
					one.State = "bound"
					one.Addresses = append(one.Addresses, e.AddrPort.String())
				}
				all[c.ID.String()] = one
			}
		}
		writeJSON(w, all)
	})
}
