package cube

import (
	"context"
	"fmt"
	"multigrade/proofs/internal/exact"
)

// Limits of a proof that a function stays within a limit: boxes looked at within each cell it begins with, and
// halvings of one, so that coordinates are exact.
const (
	maxBoxes    = 1 << 17
	maxHalvings = 40
)

// within proves or refutes |e| <= limit on the cube: on a box |e| is at most its largest value at a corner and its
// deviation from the interpolant, and at most what it takes on the box; where that is too much the box is halved in all coordinates. boxes were looked at.
func within(ctx context.Context, s surface, dim int, limit float64) (f finding, boxes int, err error) {
	g := lattice{dim, 1}
	for g.cells() < 256 {
		g.n *= 2
	}
	findings, counts := make([]finding, g.cells()), make([]int, g.cells())
	exact.Parallel(g.cells(), func() func(int) {
		w := &withinSearch{probe: s.probe(), limit: limit, x: make([]float64, dim)}
		return func(i int) {
			box := make([]exact.Bracket, dim)
			g.cell(i, box)
			findings[i], counts[i] = w.prove(ctx, box)
		}
	})
	for i, c := range counts {
		f, boxes = f.worse(findings[i]), boxes+c
	}
	return f, boxes, ctx.Err()
}

// A withinSearch is one goroutine's.
type withinSearch struct {
	probe probe
	limit float64
	x     []float64
}

type halvedBox struct {
	box   []exact.Bracket
	depth int
}

func (w *withinSearch) prove(ctx context.Context, box []exact.Bracket) (f finding, boxes int) {
	stack := []halvedBox{{box, 0}}
	for len(stack) > 0 {
		b := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		boxes++
		done, f := w.look(b.box)
		switch {
		case f.outcome == refuted:
			return f, boxes
		case done:
			continue
		case b.depth == maxHalvings || boxes >= maxBoxes || ctx.Err() != nil:
			return finding{open, boxString(b.box), fmt.Sprintf("|e| <= %v is not proved after %d boxes", w.limit, boxes)}, boxes
		}
		for m := range 1 << len(b.box) {
			stack = append(stack, halvedBox{halfOf(b.box, m), b.depth + 1})
		}
	}
	return finding{}, boxes
}

// look bounds |e| on a box; done if that is within the limit.
func (w *withinSearch) look(box []exact.Bracket) (done bool, f finding) {
	top, ends := 0.0, exact.Bracket{Lo: exact.Inf, Hi: -exact.Inf}
	for m := range 1 << len(box) {
		v, err := w.probe.at(cornerAt(box, m, w.x))
		if err != nil {
			return false, finding{open, pointString(w.x), err.Error()}
		}
		size := v.Magnitude()
		if size.Lo > w.limit {
			return false, finding{refuted, pointString(w.x), fmt.Sprintf("it is %v at least, claimed %v", size.Lo, w.limit)}
		}
		top, ends = max(top, size.Hi), ends.Join(v)
	}
	d := w.probe.deviation(box, ends, nil)
	return min(exact.SumAbove(top, d.bound()), d.value.Size()) <= w.limit, finding{}
}

// halfOf is the part of a box in the upper half along the coordinates whose bits are set.
func halfOf(box []exact.Bracket, m int) []exact.Bracket {
	half := make([]exact.Bracket, len(box))
	for j, b := range box {
		mid := b.Lo + (b.Hi-b.Lo)/2
		half[j] = exact.Bracket{Lo: b.Lo, Hi: mid}
		if m>>j&1 == 1 {
			half[j] = exact.Bracket{Lo: mid, Hi: b.Hi}
		}
	}
	return half
}
