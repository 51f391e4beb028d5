//go:build !386 && !s390x

package serve

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"syscall"
	"unsafe"
)

// ReadFrom has the kernel copy r to the connection, if it can.
func (c *tcpConn) ReadFrom(r io.Reader) (int64, error) {
	s := &c.connState
	s.writes.Add(1)
	defer s.writes.Add(1)
	return s.copied(func() (int64, error) { return c.TCPConn.ReadFrom(r) }, func(n int64) { s.account.meter.Copied(0, n) })
}

// madeProgress reports whether the peer to which the server writes has acknowledged
// anything since the last check. It also returns true if the call does not wait for
// the peer: it may wait for the source of a body that the kernel copies. Only the
// kernel knows.
func madeProgress(conn trackedConn, r *connRecord) bool {
	info, known, err := tcpInfoOf(conn)
	if err != nil {
		return false // it is closed already
	}
	if !known {
		return true // it cannot be told, on a kernel before 4.6
	}
	if info.unacked == 0 && info.unsent == 0 {
		return true
	}
	before := r.acked
	r.acked = info.acked
	return r.acked != before
}

// kernelCounts is how many bytes were read from a connection and how many its peer has
// acknowledged, as far as the kernel tells: never more than were read and written, and zero
// where it does not tell.
func kernelCounts(conn trackedConn) (read, acknowledged uint64) {
	tcp, ok := conn.(*tcpConn)
	if !ok {
		return 0, 0 // its bytes all go through Read and Write
	}
	info, known, err := tcpInfoOf(conn)
	if err != nil || !known {
		return 0, 0
	}
	if info.ended {
		info.received = max(info.received, 1) - 1 // it counts the FIN
	}
	if unread := unreadBytes(tcp); unread < info.received {
		read = info.received - unread
	}
	return read, max(info.acked, 1) - 1 // one may have been for the handshake
}

// unreadBytes is how many bytes wait to be read.
func unreadBytes(tcp *tcpConn) uint64 {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return math.MaxUint64
	}
	var n int32
	failed := syscall.EBADF
	_ = raw.Control(func(fd uintptr) {
		_, _, failed = syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCINQ, uintptr(unsafe.Pointer(&n)))
	})
	if failed != 0 {
		return math.MaxUint64
	}
	return uint64(n)
}

// tcpInfo is part of struct tcp_info of linux/tcp.h, which package syscall has only in its
// first form.
type tcpInfo struct {
	unacked, unsent uint32 // packets, and bytes
	acked, received uint64 // bytes
	ended           bool   // the peer may have ended its side
}

var errNotTCP = errors.New("not TCP")

// tcpInfoOf asks the kernel. Known is false on a kernel before 4.6; an error means that
// the connection is closed already, or not TCP.
func tcpInfoOf(conn trackedConn) (i tcpInfo, known bool, err error) {
	tcp, ok := wireOf(conn).(syscall.Conn)
	if !ok {
		return i, false, errNotTCP
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return i, false, err
	}
	const unackedAt, ackedAt, receivedAt, unsentAt = 24, 120, 128, 144
	var info [148]byte
	size := uint32(len(info))
	var failed syscall.Errno
	err = raw.Control(func(fd uintptr) {
		_, _, failed = syscall.Syscall6(syscall.SYS_GETSOCKOPT, fd, syscall.IPPROTO_TCP, syscall.TCP_INFO,
			uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	})
	const established, finWait1, finWait2 = 1, 4, 5 // of tcp_states.h
	i = tcpInfo{
		ended:   info[0] != established && info[0] != finWait1 && info[0] != finWait2,
		unacked: binary.NativeEndian.Uint32(info[unackedAt:]), unsent: binary.NativeEndian.Uint32(info[unsentAt:]),
		acked: binary.NativeEndian.Uint64(info[ackedAt:]), received: binary.NativeEndian.Uint64(info[receivedAt:]),
	}
	return i, failed == 0 && size >= uint32(len(info)), err
}
