package collector

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

type traceID struct{ high, low uint64 }

func (t traceID) String() string {
	if t.high == 0 {
		return formatID(t.low)
	}
	return formatID(t.high) + formatID(t.low)
}

func (t traceID) compare(o traceID) int {
	return cmp.Or(cmp.Compare(btoi(t.high != 0), btoi(o.high != 0)), cmp.Compare(t.high, o.high), cmp.Compare(t.low, o.low))
}

func formatID(id uint64) string { return fmt.Sprintf("%016x", id) }

func parseTraceID(s string) (traceID, error) {
	if len(s) > 32 {
		return traceID{}, fmt.Errorf("%s has %d digits, at most 32 are possible", quote(s), len(s))
	}
	var t traceID
	var err error
	if n := len(s) - 16; n > 0 {
		if t.high, err = parseHex(s[:n], s); err != nil {
			return traceID{}, err
		}
		s = s[n:]
	}
	if t.low, err = parseHex(s, s); err != nil {
		return traceID{}, err
	}
	if t == (traceID{}) {
		return traceID{}, errors.New("is all zeros")
	}
	return t, nil
}

func parseID(s string) (uint64, error) {
	if len(s) > 16 {
		return 0, fmt.Errorf("%s has %d digits, at most 16 are possible", quote(s), len(s))
	}
	return parseHex(s, s)
}

func parseHex(digits, whole string) (uint64, error) {
	if digits == "" {
		return 0, errors.New("is missing")
	}
	// ParseUint with base 16 accepts neither signs nor underscores, but its error says
	// less about what is wrong.
	id, err := strconv.ParseUint(digits, 16, 64)
	if err != nil {
		return 0, fmt.Errorf("%s is not hexadecimal", quote(whole))
	}
	return id, nil
}

// quote shortens and quotes a stranger's text for an error message.
func quote(s string) string {
	const most = 64
	if len(s) > most {
		return strconv.QuoteToASCII(strings.ToValidUTF8(s[:most], "")) + "…"
	}
	return strconv.QuoteToASCII(s)
}
