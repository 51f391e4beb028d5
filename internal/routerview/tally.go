package routerview

import (
	"time"

	"github.com/meshhop/meshhop/resolve"
)

// A Tally is what a router has counted of a service or of a replica set, in short: it
// takes a fraction of what its ServiceStats and ClientStats take.
type Tally struct {
	Name              resolve.Path
	Success, Failures uint64
	Again             uint64 // retries of a service, requeues of a replica set
	Pending           int64
	Replicas          Replicas // nil: of a service
}

// Replicas are what is behind the Tally of a replica set.
type Replicas interface{ Set() SetTally }

// Set returns what is known of the addresses of a replica set; nothing for a service.
func (t Tally) Set() SetTally {
	if t.Replicas == nil {
		return SetTally{}
	}
	return t.Replicas.Set()
}

// A SetTally is what is known of the addresses of a replica set.
type SetTally struct {
	Size, Available int       // endpoints, and those of them that are alive
	Open            int       // connections to them; negative: their transports count none
	Told            time.Time // when its namer gave the addresses
	// Err is what the namer said last when it failed, at Erred; a set that was known
	// stays in use then.
	Err   error
	Erred time.Time
}

// A Watch is somebody who looks each second at what has changed at the services and the
// replica sets of a router: it takes little for those at which nothing has. Of several at
// one router, each makes the others see more.
type Watch interface {
	// Changed calls services and clients with those at which requests began or ended since
	// the last call, and those that are new; at first with all. It returns how many there
	// are. The two must not call the router, and use the Tally only until they return.
	Changed(services, clients func(Tally)) (allServices, allClients int)
}
