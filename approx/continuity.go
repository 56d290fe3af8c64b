package approx

import (
	"fmt"
	"math"
)

// Boxes on which continuity is decided: a side is not halved below narrowest, and so many are looked at.
const (
	narrowest       = 0x1p-20
	continuityBoxes = 1 << 16
)

// Continuous returns nil if the formula is shown to be continuous wherever it is defined: all its operations are, but floor, whose
// argument must stay between two integers. Otherwise the error is a *DomainError with a box where floor may jump.
func (e *Expr) Continuous() error {
	whole := make([]Interval, e.dim)
	for j := range whole {
		whole[j] = Interval{0, 1}
	}
	w, open := e.newEvaluation(), [][]Interval{whole}
	for looked := 0; len(open) > 0; looked++ {
		box := open[len(open)-1]
		open = open[:len(open)-1]
		jump := w.jump(box)
		if jump == nil {
			continue
		}
		if box[0].Hi-box[0].Lo <= narrowest || looked >= continuityBoxes {
			return jump
		}
		for m := 1<<e.dim - 1; m >= 0; m-- {
			open = append(open, childOf(box, m))
		}
	}
	return nil
}

// jump says where floor may jump on a box. Where the formula is not shown to be defined, which is said elsewhere, nothing jumps.
func (w *evaluation) jump(box []Interval) *DomainError {
	for i := range w.e.code {
		in := &w.e.code[i]
		if w.e.depends[i] == 0 {
			continue
		}
		if err := w.step(i, box); err != nil {
			return nil
		}
		if a := w.value[in.a]; in.op == opFloor && math.Floor(a.Lo) != math.Floor(a.Hi) {
			return &DomainError{in.column, fmt.Sprintf("continuity could not be shown: floor of [%g, %g] jumps, or may, and that such jumps cancel is not looked for, so a formula without them is expected,", a.Lo, a.Hi), box}
		}
	}
	return nil
}
