package bed

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// A namespace is a network that is not this process's.
type namespace struct{ own, other *os.File }

// networkOf returns the network of another process.
func networkOf(pid int) (*namespace, error) {
	own, err := os.Open("/proc/self/ns/net")
	if err != nil {
		return nil, err
	}
	other, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", pid))
	if err != nil {
		own.Close()
		return nil, err
	}
	return &namespace{own, other}, nil
}

func (n *namespace) close() {
	n.own.Close()
	n.other.Close()
}

// in calls f with its thread in the other network. A socket belongs to the network
// of the thread that made it, whoever uses it later.
func (n *namespace) in(f func()) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Setns(int(n.other.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("entering the network: %w", err)
	}
	defer func() {
		if err := unix.Setns(int(n.own.Fd()), unix.CLONE_NEWNET); err != nil {
			panic(err) // the thread would stay there
		}
	}()
	f()
	return nil
}

func (n *namespace) listen(addr string) (listener net.Listener, err error) {
	if failed := n.in(func() { listener, err = net.Listen("tcp4", addr) }); failed != nil {
		return nil, failed
	}
	return listener, err
}

// DialContext connects to an address inside the bed. The host must be an IP address.
func (b *Bed) DialContext(ctx context.Context, network, addr string) (conn net.Conn, err error) {
	failed := b.network.in(func() { conn, err = new(net.Dialer).DialContext(ctx, network, addr) })
	if failed != nil {
		return nil, failed
	}
	return conn, err
}

// Transport returns a Transport whose connections are made inside the bed. Hosts
// must be IP addresses. The caller closes its idle connections.
func (b *Bed) Transport() *http.Transport {
	return &http.Transport{DialContext: b.DialContext, MaxIdleConnsPerHost: 64}
}
