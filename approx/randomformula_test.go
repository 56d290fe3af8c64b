package approx

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// randomFormula is a formula of x with up to so many levels of operations, most of them with kinks or poles of a derivative.
func randomFormula(r *rand.Rand, depth int) string {
	if depth == 0 {
		return []string{"x", "x", "(x-0.5)", "(1-x)", "(x-0.3)", fmt.Sprintf("%.2f", r.Float64())}[r.IntN(6)]
	}
	a := randomFormula(r, depth-1)
	if r.IntN(2) == 0 {
		unary := []string{"abs(%s)", "sqrt(abs(%s))", "sin(3*%s)", "cos(2*%s)", "exp(%s)", "log(1+abs(%s))", "(%s)^2", "(%s)^3", "abs(%s)^1.5", "abs(%s)^0.3",
			"1/(1+abs(%s))", "1/(1-log(abs(%s)/9))", "-(%s)", "tan(sin(%s)/2)", "(2+sin(%s))^(-2)"}
		return fmt.Sprintf(unary[r.IntN(len(unary))], a)
	}
	binary := []string{"(%s+%s)", "(%s-%s)", "(%s)*(%s)", "min(%s,%s)", "max(%s,%s)", "(%s)/(2+abs(%s))"}
	return fmt.Sprintf(binary[r.IntN(len(binary))], a, randomFormula(r, depth-1))
}

// One-sided bounds of formulas of all kinds against values.
func TestDeviationEnclosesRandomFormulas(t *testing.T) {
	formulas := 400
	if *long {
		formulas = 40000
	}
	r := rand.New(rand.NewPCG(5, 5))
	sharp := 0
	for range formulas {
		e, err := ParseExpr(randomFormula(r, 1+r.IntN(4)), 1)
		if err != nil {
			continue
		}
		w := e.newEvaluation()
		for range 8 {
			n := 1 << r.IntN(8)
			box := []Interval{Grid{1, n}.side(r.IntN(n))}
			lo, errLo := w.at([]float64{box[0].Lo})
			hi, errHi := w.at([]float64{box[0].Hi})
			if errLo != nil || errHi != nil {
				continue
			}
			d, err := w.deviation(box, lo.hull(hi))
			if err != nil {
				continue
			}
			if (d.below == 0) != (d.above == 0) {
				sharp++
			}
			for k := range 33 {
				u := float64(k) / 32
				x := box[0].Lo + u*(box[0].Hi-box[0].Lo)
				v, err := w.at([]float64{x})
				if err != nil {
					continue
				}
				linear := lo.mul(Point(1 - u)).add(hi.mul(Point(u)))
				if off := v.sub(linear); off.Lo > d.above || -off.Hi > d.below {
					t.Fatalf("%s on %v at %v: f - I f in %v, bounds %v below, %v above", e, box, x, off, d.below, d.above)
				}
			}
		}
	}
	if sharp < formulas/2 {
		t.Errorf("only %d deviations were one-sided", sharp)
	}
}
