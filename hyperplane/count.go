package hyperplane

import (
	"context"
	"math/big"
	"runtime"
	"sync"
	"sync/atomic"

	"multigrade/internal/parallel"
)

// Count returns the exact number of cells without enumerating them. It equals Cover(n, r) for rows in general
// position. ctx ends it early with its error.
//
// The number of cells of a central arrangement is the number of its sets without broken circuits, that is, the value
// of the characteristic polynomial at -1 up to sign (Zaslavsky 1975; Whitney 1932). A list j_1 < ... < j_k of
// hyperplanes has no broken circuit when every j_l is the first hyperplane that contains the intersection of
// H_(j_l), ..., H_(j_k). The sets come in pairs, with and without hyperplane 0. They are built from the largest
// hyperplane down to a flat of dimension 2, where the last choices are the distinct lines left, found by sorting; so the
// work is about a 1/m of the number of cells, times log m.
func (a *Arrangement) Count(ctx context.Context) (*big.Int, error) {
	switch r := a.Rank(); {
	case a.m == r: // independent hyperplanes
		return new(big.Int).Lsh(big.NewInt(1), uint(r)), nil
	case r == 2:
		return big.NewInt(2 * int64(a.m)), nil
	}
	var stop atomic.Bool
	defer context.AfterFunc(ctx, func() { stop.Store(true) })()
	f := a.family()
	var next atomic.Int64
	wait := parallel.Group{Stop: func() { stop.Store(true) }}
	var lock sync.Mutex
	sum := big.NewInt(1) // the empty set
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			c := &counter{w: newWalker(f), stop: &stop}
			for !stop.Load() {
				j := a.m - int(next.Add(1)) // large ones first: they are the most work
				if j < 1 {
					break
				}
				if c.w.restrict(0, j) {
					c.sets(1, j)
				}
			}
			lock.Lock()
			sum.Add(sum, new(big.Int).SetUint64(c.found))
			lock.Unlock()
		})
	}
	wait.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return sum.Lsh(sum, 1), nil
}

// counter counts sets without broken circuits.
type counter struct {
	w     *walker
	stop  *atomic.Bool
	found uint64
	order []int
	up    []int8
}

// sets adds the number of sets without broken circuits, without hyperplane 0, that consist of the flat's at level k,
// the smallest of which is last, and hyperplanes before last.
func (c *counter) sets(k, last int) {
	l := &c.w.levels[k]
	if l.dim == 2 {
		c.found += uint64(c.lines(k, last))
		return
	}
	c.found++
	clear(l.skip)
	for j := 1; j < last && !c.stop.Load(); j++ {
		if !l.skip[j] && c.w.restrict(k, j) {
			c.sets(k+1, j)
		}
	}
}

// lines returns the number of distinct lines that hyperplanes 0 .. last-1 cut out of the plane at level k.
func (c *counter) lines(k, last int) int {
	l := &c.w.levels[k]
	f := &family{r: 2, m: last, val: l.val[:2*last], err: l.err[:last], exact: func(i int) []big.Int { return c.w.exact(k, i) }}
	c.order, c.up = resize(c.order, last), resize(c.up, last)
	circle := &circle{f: f, order: c.order, up: c.up}
	circle.sort()
	n := 1
	for i := 1; i < last; i++ {
		if circle.cross(c.order[i-1], c.order[i]) != 0 {
			n++
		}
	}
	return n
}

// GeneralPosition returns Cover(m, r) for the m distinct hyperplanes: the number of cells there would be if every r of
// them were independent, and an upper bound for what Count returns.
func (a *Arrangement) GeneralPosition() *big.Int { return Cover(a.m, a.Rank()) }
