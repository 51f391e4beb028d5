package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// What Linux tells of a process in /proc. Elsewhere these are -1, and nothing is
// judged by them.

// descriptors is how many a process has open.
func (p *process) descriptors() int {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid))
	if err != nil {
		return -1
	}
	return len(entries)
}

// memory is what a process has in memory, now and at most, in bytes.
func (p *process) memory() (now, most int64) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return -1, -1
	}
	field := func(name string) int64 {
		_, rest, _ := strings.Cut(string(text), "\n"+name+":")
		words := strings.Fields(rest)
		if len(words) == 0 {
			return -1
		}
		n, err := strconv.ParseInt(words[0], 10, 64)
		if err != nil {
			return -1
		}
		return n << 10
	}
	return field("VmRSS"), field("VmHWM")
}

// cpu is the time for which a process has run, to 10 ms.
func (p *process) cpu() time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return -1
	}
	// The second field, a name in parentheses, may have spaces.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	const user, system, tick = 11, 12, 10 * time.Millisecond
	if len(fields) <= system {
		return -1
	}
	var sum int64
	for _, at := range []int{user, system} {
		n, err := strconv.ParseInt(fields[at], 10, 64)
		if err != nil {
			return -1
		}
		sum += n
	}
	return time.Duration(sum) * tick
}

// mostDescriptors watches a process until what it returns is called, which is
// with the most that were seen.
func (p *process) mostDescriptors() func() int {
	stop := make(chan struct{})
	most := p.descriptors()
	var watching sync.WaitGroup
	watching.Go(func() {
		for {
			most = max(most, p.descriptors())
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
		}
	})
	return func() int {
		close(stop)
		watching.Wait()
		return most
	}
}
