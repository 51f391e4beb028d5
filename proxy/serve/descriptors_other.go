//go:build !unix

package serve

// maxDescriptors returns how many files and connections the process may have open,
// which cannot be found out on this system.
func maxDescriptors() uint64 { return 1 << 16 }
