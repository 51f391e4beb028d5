//go:build !linux || mips || mipsle || mips64 || mips64le

package serve

import "errors"

func reusePort(uintptr) error {
	return errors.New("SO_REUSEPORT is not supported on this system")
}
