// Package dtabpos finds where the parts of a dtab stand in its text, for messages
// that point there. Parsing the dtab itself is the business of package resolve,
// which keeps no positions: most dtabs come with requests.
package dtabpos

// Entry is where an entry stands, as byte offsets.
type Entry struct {
	At int // of the prefix
	// Ends are the leaves of the entry's tree (names, "!", "~" and "$"), from left
	// to right.
	Ends []End
}

// End is where a leaf of a tree stands.
type End struct {
	At   int // of the name or sign
	From int // of the weight before it, if there is one, else At
}

// Lone is a weight that has nothing to be weighed against. Parsing drops it.
type Lone struct {
	At     int
	Weight string // the number
	Tree   string // what follows the "*"
}

// Scan finds the parts of a text that [resolve.ParseDtab] has read without an error.
func Scan(text string) ([]Entry, []Lone) {
	s := scanner{text: text}
	for c := s.next(); c != 0; c = s.next() {
		if c == ';' {
			s.pos++
			continue
		}
		s.entry()
	}
	return s.entries, s.lone
}

// scanner is a cursor over a text that is known to be a dtab, so that it need not
// look for errors: outside of tokens and comments there is only white space.
type scanner struct {
	text    string
	pos     int
	entries []Entry
	lone    []Lone
}

// next moves to the next token and gives its first byte, 0 at the end.
func (s *scanner) next() byte {
	for comment := false; s.pos < len(s.text); s.pos++ {
		switch c := s.text[s.pos]; {
		case comment:
			comment = c != '\n'
		case c == '#':
			comment = true
		case isToken(c):
			return c
		}
	}
	return 0
}

func isToken(c byte) bool {
	switch c {
	case '/', ';', '=', '|', '&', '(', ')', '*', '!', '~', '$':
		return true
	}
	return isDigit(c)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' || c == '.' }

// while moves over bytes.
func (s *scanner) while(is func(byte) bool) {
	for s.pos < len(s.text) && is(s.text[s.pos]) {
		s.pos++
	}
}

// isName says whether a path or prefix goes on with c.
func isName(c byte) bool {
	switch {
	case '0' <= c && c <= '9', 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z':
		return true
	}
	switch c {
	case '/', '*', '\\', '_', ':', '.', '#', '$', '%', '-':
		return true
	}
	return false
}

// entry = prefix "=>" tree
func (s *scanner) entry() {
	s.entries = append(s.entries, Entry{At: s.pos})
	s.while(isName)
	s.next()
	s.pos += len("=>")
	s.tree()
}

// tree = union { "|" union }
func (s *scanner) tree() {
	for s.union(); s.next() == '|'; s.union() {
		s.pos++
	}
}

// union = weighted { "&" weighted }
func (s *scanner) union() {
	first, has := s.weighted()
	if s.next() != '&' && has {
		s.lone = append(s.lone, first)
	}
	for s.next() == '&' {
		s.pos++
		s.weighted()
	}
}

// weighted = [ number "*" ] simple; has says that there is a weight.
func (s *scanner) weighted() (w Lone, has bool) {
	c := s.next()
	w.At = s.pos
	if has = isDigit(c); has {
		s.while(isDigit)
		w.Weight = s.text[w.At:s.pos]
		s.next()
		s.pos += len("*")
		c = s.next()
	}
	start := s.pos
	switch c {
	case '(':
		s.pos++
		s.tree()
		s.next()
		s.pos++
	case '/':
		s.end(w.At)
		s.while(isName)
	default:
		s.end(w.At)
		s.pos++
	}
	w.Tree = s.text[start:s.pos]
	return w, has
}

// end notes a leaf at the cursor.
func (s *scanner) end(from int) {
	e := &s.entries[len(s.entries)-1]
	e.Ends = append(e.Ends, End{At: s.pos, From: from})
}
