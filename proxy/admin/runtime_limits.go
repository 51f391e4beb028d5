package admin

import (
	"bytes"
	"math"
	"os"
	"runtime/debug"
	"strconv"
)

// descriptors is how many file descriptors are open, and the limit; ok is false where that
// is not known.
func descriptors() (open, limit uint64, ok bool) {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0, 0, false
	}
	text, err := os.ReadFile("/proc/self/limits")
	if err != nil {
		return 0, 0, false
	}
	_, rest, _ := bytes.Cut(text, []byte("Max open files"))
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		return 0, 0, false
	}
	limit, err = strconv.ParseUint(string(fields[0]), 10, 64)
	return uint64(len(entries)), limit, err == nil
}

// memoryLimit is how many bytes the process may use; ok is false where that is not known.
func memoryLimit() (limit uint64, ok bool) {
	if own := debug.SetMemoryLimit(-1); own < math.MaxInt64 {
		return uint64(own), true
	}
	machine, ok := machineMemory()
	for _, name := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		group, err := strconv.ParseUint(string(bytes.TrimSpace(text)), 10, 64)
		if err == nil && (!ok || group < machine) { // "max", and without a limit more than there is
			return group, true
		}
	}
	return machine, ok
}

// machineMemory is how many bytes of memory the machine has.
func machineMemory() (size uint64, ok bool) {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, false
	}
	_, rest, found := bytes.Cut(text, []byte("MemTotal:"))
	fields := bytes.Fields(rest)
	if !found || len(fields) == 0 {
		return 0, false
	}
	kib, err := strconv.ParseUint(string(fields[0]), 10, 64)
	return kib << 10, err == nil
}
