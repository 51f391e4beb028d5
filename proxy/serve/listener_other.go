//go:build !linux

package serve

import "net"

// refuseNew does nothing: on this system new connections cannot be refused.
func refuseNew(net.Listener) {}
