package tracetest

import (
	"testing"

	"github.com/meshhop/meshhop/trace/internal/spantest"
)

// A deep tree takes no more stack than a flat one. Its text would have some GiB.
func TestDeepTree(t *testing.T) {
	const n = 60_000
	deepest := 0
	walk(treeOf(spantest.Samples(n)), func(_ *node, level int) { deepest = max(deepest, level+1) })
	if deepest != n {
		t.Errorf("depth %d", deepest)
	}
}
