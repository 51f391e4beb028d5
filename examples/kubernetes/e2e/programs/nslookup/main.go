// Command nslookup looks a name up and prints its addresses in the form of the
// program of that name, as far as node-name-test.yml needs it.
package main

import (
	"fmt"
	"net"
	"os"
)

func main() {
	name := os.Args[len(os.Args)-1]
	addresses, err := net.LookupHost(name)
	if err != nil {
		fmt.Printf("** server can't find %s: NXDOMAIN\n", name)
		os.Exit(1)
	}
	for _, address := range addresses {
		fmt.Printf("Name:\t%s\nAddress: %s\n", name, address)
	}
}
