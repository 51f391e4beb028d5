package proxy

import (
	"hash/maphash"
	"math/rand/v2"
	"strings"
	"unsafe"

	"github.com/meshhop/meshhop/resolve"
)

// marker makes the marks that a server leaves in the Via of requests, as a
// comment (RFC 9110 section 7.6.3):
//
//	1.1 linkerd (R.N)
//
// R is a random word of this one server of one router, and N a hash of the request's
// name and the dtab that the request brought, each of eight hex digits. A request that
// arrives with the mark that it would get is in a loop. Without N, requests that are
// not would be refused: one server may see one request more than once, because routers
// of one process stand behind each other, and services forward Via from one call to
// the next.
type marker struct {
	word uint32
	seed maphash.Seed
}

func newMarker() marker { return marker{rand.Uint32(), maphash.MakeSeed()} }

// mark is a member of Via: hopName, a blank and the comment.
type mark struct {
	text [len("1.1 linkerd (") + len("01234567.01234567)")]byte
}

// comment returns the comment of a mark.
func comment(mark string) string { return mark[strings.IndexByte(mark, '('):] }

// write makes m the mark of a name. The text shares m's memory, so m must not change
// any more.
func (of *marker) write(m *mark, hop string, name resolve.Path, dtab string) (text string) {
	b := append(m.text[:0], hop...)
	b = append(b, " ("...)
	b = appendWord(b, of.word)
	b = append(b, '.')
	b = appendWord(b, uint32(maphash.Comparable(of.seed, named{name, dtab})))
	b = append(b, ')')
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// named is what a mark identifies.
type named struct {
	name resolve.Path
	dtab string
}

func appendWord(b []byte, word uint32) []byte {
	const digits = "0123456789abcdef"
	for shift := 28; shift >= 0; shift -= 4 {
		b = append(b, digits[word>>shift&15])
	}
	return b
}

// isIn reports whether lines of Via have the mark.
func isIn(via []string, mark string) bool {
	for _, line := range via {
		if strings.Contains(line, comment(mark)) {
			return true
		}
	}
	return false
}

// viaMembers returns the members of Via, in order. They are separated by the commas that
// are not within a comment or a quoted text (RFC 9110 sections 5.6.4 and 5.6.5). A
// comment or a quote that is not closed ends with its line.
func viaMembers(via []string) (all []string) {
	add := func(member string) {
		if member = strings.TrimSpace(member); member != "" {
			all = append(all, member)
		}
	}
	for _, line := range via {
		depth, quoted, from := 0, false, 0
		for i := 0; i < len(line); i++ {
			switch c := line[i]; {
			case c == '\\' && (quoted || depth > 0):
				i++
			case c == '"' && depth == 0:
				quoted = !quoted
			case quoted:
			case c == '(':
				depth++
			case c == ')' && depth > 0:
				depth--
			case c == ',' && depth == 0:
				add(line[from:i])
				from = i + 1
			}
		}
		add(line[from:])
	}
	return all
}
