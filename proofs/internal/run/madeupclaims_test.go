package run

import (
	"math"
	"slices"
	"strings"

	"multigrade/proofs/internal/certificate"
	"multigrade/proofs/internal/exact"
	"multigrade/proofs/internal/verdict"
)

// finish claims for network and dual point what Enclose shows. Claims about
// logarithms keep a distance from the truth, because a checker need not enclose
// them as closely as Enclose does.
func finish(c *certificate.Certificate, x exact.Matrix, y []float64) {
	room := 0.0
	if c.Program.Loss == certificate.Logistic {
		room = 1e-13
	}
	c.Program.SHA256 = certificate.ProgramHash(x, slices.Concat(y, c.Program.Offset, c.Program.Weights))
	primal, objective, dual, err := certificate.Enclose(c, x, y)
	if err != nil {
		panic(err)
	}
	c.Network.Primal, c.Network.Objective, c.Dual.Bound = primal*(1+room), objective*(1+room), dual*(1-room)
	c.Gap = certificate.Gap{Rel: certificate.RelGap(c.Network.Primal, c.Dual.Bound), Tol: 1e-6, Status: certificate.StatusOptimal}
}

// adjoint is X' D_p nu.
func adjoint(x exact.Matrix, p certificate.Pattern, nu []float64, slope float64) []float64 {
	v := make([]float64, x.Cols)
	for i := range nu {
		factor := nu[i]
		if !p.Active(i) {
			factor *= slope
		}
		values, index := x.Row(i)
		for e, a := range values {
			j := e
			if index != nil {
				j = index[e]
			}
			v[j] += a * factor
		}
	}
	return v
}

func dot(a, b []float64) float64 {
	s := 0.0
	for j := range a {
		s += a[j] * b[j]
	}
	return s
}

func up(v float64) float64 { return math.Nextafter(v, math.Inf(1)) }

// replaceAll replaces in turn, once each; each old has to be there.
func replaceAll(text string, pairs ...string) string {
	for k := 0; k < len(pairs); k += 2 {
		if !strings.Contains(text, pairs[k]) {
			panic("no " + pairs[k])
		}
		text = strings.Replace(text, pairs[k], pairs[k+1], 1)
	}
	return text
}

// falseClaims are the claims the report calls invalid.
func falseClaims(r verdict.Report) map[string]bool {
	set := map[string]bool{}
	for _, c := range r.Claims {
		if c.Verdict == verdict.Invalid {
			set[c.Name] = true
		}
	}
	return set
}
