package h1wire

import "bytes"

// An Order is the use of lines by one writer. Of each field that it writes, the writer lets
// the order claim what has not changed, and writes the other values itself:
//
//	start, order := len(out), lines.Order()
//	for name, values := range header {
//		for _, value := range values[order.Claim(name, values):] {
//			out = appendField(out, name, value)
//		}
//	}
//	out = order.Insert(out, start)
//
// Nothing is written that the header does not have: a line is claimed by a key that is its
// canonical name and a value that is its own, once for each value, and its name is written
// as that key with letters of the other case.
type Order struct {
	lines   *Lines
	claimed [1]uint64
	more    []uint64 // instead, if the lines are many
	names   map[string]int32
	next    []int32 // the next line of the same name, or -1
}

// fewLines is how many lines are searched one by one. A search of more of them for each of
// as many names would cost a stranger less than us.
const fewLines = 32

// Order begins a use of the lines.
func (l *Lines) Order() (o Order) {
	if l == nil {
		return o
	}
	o.lines = l
	if n := len(l.fields); n > fewLines {
		o.more = make([]uint64, (n+63)/64)
		o.names, o.next = make(map[string]int32, n), make([]int32, n)
		for i := n - 1; i >= 0; i-- {
			name := l.name(i)
			o.next[i] = -1
			if later, ok := o.names[name]; ok {
				o.next[i] = later
			}
			o.names[name] = int32(i)
		}
	}
	return o
}

// Claim has Insert write the lines that have the values, in this order, up to the first
// value that no further line has. It returns how many values that are.
func (o *Order) Claim(name string, values []string) (n int) {
	if o.lines == nil {
		return 0
	}
	for i := o.find(name, 0); i >= 0 && n < len(values); i = o.after(name, i) {
		if o.lines.value(i) == values[n] {
			o.words()[i/64] |= 1 << (i % 64)
			n++
		}
	}
	return n
}

// find returns the first line of a name from number i on; -1: there is none.
func (o *Order) find(name string, i int) int {
	l := o.lines
	if o.names != nil {
		if first, ok := o.names[name]; ok {
			return int(first)
		}
		return -1
	}
	for ; i < len(l.fields); i++ {
		if at := &l.fields[i]; int(at.NameEnd-at.Name) == len(name) && l.text[at.Name:at.NameEnd] == name {
			return i
		}
	}
	return -1
}

// after returns the line after number i that has the same name; -1: there is none.
func (o *Order) after(name string, i int) int {
	if o.next != nil {
		return int(o.next[i])
	}
	return o.find(name, i+1)
}

func (o *Order) words() []uint64 {
	if o.more != nil {
		return o.more
	}
	return o.claimed[:]
}

// Insert inserts the claimed lines into out, at an offset.
func (o *Order) Insert(out []byte, at int) []byte {
	if o.lines == nil {
		return out
	}
	l, end, names := o.lines, len(out), 0
	words := o.words()
	for i, f := range l.fields {
		if words[i/64]&(1<<(i%64)) != 0 {
			start := len(out)
			out = append(append(out, l.text[f.Name:f.NameEnd]...), ": "...)
			out = append(append(out, l.text[f.Value:f.ValueEnd]...), "\r\n"...)
			l.letters.apply(out[start:start+int(f.NameEnd-f.Name)], names)
		}
		names += int(f.NameEnd - f.Name)
	}
	if at < end { // move what is after the offset behind the lines
		out = append(out, out[at:end]...)
		out = out[:at+copy(out[at:], out[end:])]
	}
	return out
}

// spelling returns how the claimed lines of a name spell it; the name itself, if they do not
// agree.
func (o *Order) spelling(name string) string {
	var spelled []byte
	l, names := o.lines, 0
	for i, f := range l.fields {
		if o.words()[i/64]&(1<<(i%64)) != 0 && l.name(i) == name {
			this := []byte(name)
			l.letters.apply(this, names)
			if spelled != nil && !bytes.Equal(this, spelled) {
				return name
			}
			spelled = this
		}
		names += int(f.NameEnd - f.Name)
	}
	if spelled == nil {
		return name
	}
	return string(spelled)
}
