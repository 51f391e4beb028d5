//go:build !linux || mips || mipsle || mips64 || mips64le

package serve

func reusePort(uintptr) error { return errNoReusePort }
