package program

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"multigrade/hyperplane"
	"multigrade/solver/internal/loss"
)

// Certify turns the residual direction nu, priced by pr, into a feasible dual
// point and the bound it proves: t nu with the t that maximises D(t nu) among
// those for which t m(nu) <= n beta, the multipliers scaled alike. The result
// is feasible in exact arithmetic: every rounding error is paid for by a
// slightly smaller t.
//
// Without a t that proves more the bound is D(0) = 0.
func Certify(p *Problem, pr *Pricer, nu []float64) (Certificate, float64) {
	const room = 1 + 0x1p-49 // rounding of n beta, of t nu and of t mu
	lambda := float64(len(nu)) * p.Beta / room
	t := loss.BestMultiple(p.LossOrSquared(), nu, p.Y, loss.LargestScale(lambda, pr.Largest())).T
	var cert Certificate
	var bound float64
	if cert.Nu, bound = ScaledDual(p, nu, t); !(bound > 0) {
		return Certificate{Nu: make([]float64, len(nu))}, 0
	}
	for j, mu := range pr.Mu {
		if len(mu) == 0 {
			continue
		}
		b := pr.Blocks[j]
		scaled := make([]hyperplane.Multiplier, len(mu))
		for k, m := range mu {
			scaled[k] = hyperplane.Multiplier{Row: m.Row, Value: t * m.Value}
		}
		cert.Multipliers = append(cert.Multipliers, CellMultipliers{Cell: b.Cell, Sign: int(b.Sign), Mu: scaled})
	}
	return cert, bound
}

// ScaledDual is t nu, made to sum to zero where there is an intercept, and D
// there less a bound of its rounding error.
func ScaledDual(p *Problem, nu []float64, t float64) (scaled []float64, bound float64) {
	scaled = make([]float64, len(nu))
	floats.ScaleTo(scaled, t, nu)
	if p.Intercept {
		SumToZero(scaled)
	}
	return scaled, p.LossOrSquared().Dual(scaled, p.Y) - p.LossOrSquared().DualError(scaled, p.Y)
}

// SumToZero changes nu by about one unit in the last place of its largest entry
// so that its entries sum to zero exactly. They become multiples k_i q of a
// common q with |k_i| < 2^53; the sum of the k_i, a small integer when nu is
// centred, is then taken off one by one, from the entries of at least a
// thousandth of the largest: no entry crosses 0, and all keep their distance to
// the ends of the domain of D.
func SumToZero(nu []float64) {
	if err := SumToZeroOf(func(f func([]float64) (bool, bool)) error { f(nu); return nil }); err != nil {
		panic(err) // there is none
	}
}

// SumToZeroOf is SumToZero of a nu that comes in parts: each calls a function for one after the
// other until it wants no more, and keeps a part that it changed. The error is each's.
func SumToZeroOf(each func(func(part []float64) (changed, more bool)) error) error {
	largest := 0.0
	err := each(func(nu []float64) (bool, bool) {
		largest = max(largest, floats.Norm(nu, math.Inf(1)))
		return false, true
	})
	if err != nil || largest == 0 {
		return err
	}
	_, e := math.Frexp(largest)
	q := math.Ldexp(1, e-52)
	var sum int64 // exact modulo 2^64, and small
	big := int64(0)
	least := 1e-3 * largest / q
	err = each(func(nu []float64) (bool, bool) {
		for i, v := range nu {
			nu[i] = math.Round(v / q)
			sum += int64(nu[i])
			if math.Abs(nu[i]) > least {
				big++
			}
		}
		return true, true
	})
	for err == nil && sum != 0 {
		step := sum / big
		if step == 0 {
			step = sign(sum)
		}
		err = each(func(nu []float64) (changed, more bool) {
			for i, k := range nu {
				if sum == 0 {
					break
				}
				if math.Abs(k) > least {
					nu[i] -= float64(step)
					sum -= step
				}
			}
			return true, sum != 0
		})
	}
	if err != nil {
		return err
	}
	return each(func(nu []float64) (bool, bool) {
		floats.Scale(q, nu)
		return true, true
	})
}

func sign(v int64) int64 {
	if v < 0 {
		return -1
	}
	return 1
}

// Certificate is a feasible point of the dual program over the listed patterns:
// for every cell p and both signs s
//
//	| X'(s A_p nu + S_p mu) |_2 <= n beta
//
// with the mu >= 0 given for (p, s), or 0 where none is given; with an
// intercept also sum nu = 0 exactly. It proves that the optimum is at least
// D(nu) = nu'y/n - |nu|^2/(2n).
type Certificate struct {
	Nu          []float64
	Multipliers []CellMultipliers
}

// CellMultipliers are the multipliers mu of one cell and sign (+1 or -1).
type CellMultipliers struct {
	Cell, Sign int
	Mu         []hyperplane.Multiplier
}
