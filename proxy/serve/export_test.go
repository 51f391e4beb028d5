package serve

import "fmt"

// Frames are the heads of the frames in what comes in these pieces.
func Frames(pieces [][]byte) (heads []string, between bool) {
	var f frames
	for _, p := range pieces {
		for {
			h, rest, ok := f.next(p)
			if !ok {
				break
			}
			p = rest
			heads = append(heads, fmt.Sprint(h))
		}
	}
	return heads, f.between()
}
