package routetest

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
)

// showEndpoints prints "90 % a:1, 10 % b:1", or "a:1" for one who gets all.
func showEndpoints(all []Endpoint) string {
	if len(all) == 1 {
		return all[0].Addr
	}
	var parts []string
	for _, e := range all {
		parts = append(parts, strconv.FormatFloat(percent(e.Share), 'f', -1, 64)+" % "+e.Addr)
	}
	return strings.Join(parts, ", ")
}

// parseEndpoints reads "90 % a:1, 10 % b:1", or "a:1, b:1" for equal shares, in
// any order.
func parseEndpoints(text string) ([]Endpoint, error) {
	var all []Endpoint
	shares := 0
	for part := range strings.SplitSeq(text, ",") {
		e, shared, err := parseEndpoint(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		if shared {
			shares++
		}
		all = append(all, e)
	}
	if shares != 0 && shares != len(all) {
		return nil, fmt.Errorf("of %q some have a share and some have not", text)
	}
	for i := range all {
		if shares == 0 {
			all[i].Share = 1 / float64(len(all))
		}
	}
	slices.SortFunc(all, byShare)
	return all, nil
}

func parseEndpoint(text string) (e Endpoint, shared bool, err error) {
	number, addr, shared := strings.Cut(text, "%")
	if !shared {
		addr = text
	} else if e.Share, err = strconv.ParseFloat(strings.TrimSpace(number), 64); err != nil {
		return e, shared, fmt.Errorf("%q is no share of an endpoint such as 90 %% a:1", text)
	}
	e.Share /= 100
	if e.Addr = strings.TrimSpace(addr); e.Addr == nobody || strings.HasPrefix(e.Addr, "status ") {
		return e, shared, nil
	}
	host, port, err := net.SplitHostPort(e.Addr)
	if err != nil {
		return e, shared, fmt.Errorf("%q is no endpoint such as a:1", text)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil || host == "" {
		return e, shared, fmt.Errorf("%q is no endpoint such as a:1", text)
	}
	e.Addr = nameOf(address(host, port))
	return e, shared, nil
}
