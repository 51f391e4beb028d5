package trace

// chain is a queue of bounded length whose entries are also found by a key, the newest
// first. Nothing is done for the keys of entries that leave: they are older than the
// oldest one then.
type chain[T any] struct {
	slots       []slot[T]
	newest      []uint64 // by the last bits of the key: a position; 0: none
	first, next uint64   // positions, from 1 on
}

type slot[T any] struct {
	key, older uint64
	value      T
}

// newChain returns a chain for up to n entries, a power of two.
func newChain[T any](n int) chain[T] {
	return chain[T]{slots: make([]slot[T], n), newest: make([]uint64, n), first: 1, next: 1}
}

func (c *chain[T]) isEmpty() bool { return c.first == c.next }
func (c *chain[T]) isFull() bool  { return c.next-c.first == uint64(len(c.slots)) }

func (c *chain[T]) at(position uint64) *slot[T] {
	return &c.slots[position&uint64(len(c.slots)-1)]
}

// push adds an entry. If the chain is full, the oldest one leaves.
func (c *chain[T]) push(key uint64, value T) {
	if c.isFull() {
		c.pop()
	}
	head := &c.newest[key&uint64(len(c.newest)-1)]
	*c.at(c.next) = slot[T]{key, *head, value}
	*head = c.next
	c.next++
}

// oldest is the entry that pop removes, if the chain is not empty.
func (c *chain[T]) oldest() *T { return &c.at(c.first).value }

func (c *chain[T]) pop() {
	*c.oldest() = *new(T)
	c.first++
}

// before returns the newest entry of a key that is older than a position; nil if there is
// none. The position is that of the next call; c.next is the first.
func (c *chain[T]) before(key, position uint64) (value *T, at uint64) {
	if position == c.next {
		position = c.newest[key&uint64(len(c.newest)-1)]
	} else {
		position = c.at(position).older
	}
	for position >= c.first {
		s := c.at(position)
		if s.key == key {
			return &s.value, position
		}
		position = s.older
	}
	return nil, 0
}
