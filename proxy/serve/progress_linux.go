//go:build !386 && !s390x

package serve

import (
	"encoding/binary"
	"io"
	"syscall"
	"unsafe"
)

// ReadFrom has the kernel copy r to the connection, if it can.
func (c *tcpConn) ReadFrom(r io.Reader) (int64, error) {
	c.connState.writes.Add(1)
	defer c.connState.writes.Add(1)
	return c.TCPConn.ReadFrom(r)
}

// madeProgress reports whether the peer to which the server writes has acknowledged
// anything since the last check. It also returns true if the call does not wait for
// the peer: it may wait for the source of a body that the kernel copies. Only the
// kernel knows.
func madeProgress(conn trackedConn, r *connRecord) bool {
	tcp, ok := conn.(*tcpConn)
	if !ok {
		return false
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return false
	}
	// struct tcp_info of linux/tcp.h, which package syscall has only in its first
	// form.
	const unackedAt, ackedAt, unsentAt = 24, 120, 144
	var info [148]byte
	size := uint32(len(info))
	var failed syscall.Errno
	err = raw.Control(func(fd uintptr) {
		_, _, failed = syscall.Syscall6(syscall.SYS_GETSOCKOPT, fd, syscall.IPPROTO_TCP, syscall.TCP_INFO,
			uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	})
	if err != nil {
		return false // it is closed already
	}
	if failed != 0 || size < uint32(len(info)) {
		return true // it cannot be told, on a kernel before 4.6
	}
	if binary.NativeEndian.Uint32(info[unackedAt:]) == 0 && binary.NativeEndian.Uint32(info[unsentAt:]) == 0 {
		return true
	}
	before := r.acked
	r.acked = binary.NativeEndian.Uint64(info[ackedAt:])
	return r.acked != before
}
